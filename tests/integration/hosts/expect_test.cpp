#include "host_process.hpp"

#include <doctest/doctest.h>

TEST_CASE("a client that waits for 100 Continue gets it, then the response") {
    HostProcess host;
    auto client = host.connect();
    const std::string body = R"({"text": "one two"})";
    client.send(HostProcess::request(
        "POST /v1/word-counts",
        fmt::format(
            "Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n",
            body.size())));
    CHECK(client.receive().status == 100);
    CHECK(client.ask(body).status == 202);
}
