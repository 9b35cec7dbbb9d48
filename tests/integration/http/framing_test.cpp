#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

/// A request behind the one under test: it must never get a response.
const std::string second_request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string note(std::string_view fields, std::string_view body) {
    return "POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann\r\n"
           "Content-Type: application/json\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

} // namespace

TEST_CASE("a message that could desynchronise a proxy gets one 400 and closes the connection") {
    ServedApi served;
    const std::string requests[] = {
        note("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "1\r\n1\r\n0\r\n\r\n"),
        note("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "1\r\n1\r\n0\r\n\r\n"),
        note("Transfer-Encoding: gzip, chunked\r\n", "1\r\n1\r\n0\r\n\r\n"),
        note("Transfer-Encoding: identity\r\n", ""),
        note("Transfer-Encoding: xchunked\r\n", ""),
        note("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n"),
        note("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        note("X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        note("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        note("Content-Length: 1\r\nContent-Length: 1\r\n", "1"),
        note("Content-Length: 1\r\nContent-Length: 0\r\n", "1"),
        note("Content-Length: +1\r\n", "1"),
        note("Content-Length: 1, 1\r\n", "1"),
        note("Content-Length: 99999999999999999999\r\n", "1"),
        note("Host: other\r\nContent-Length: 1\r\n", "1"),
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET http://other/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\nHost: localhost\n\n",
        "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /healthz\r\n\r\n",
        std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 50),
        "\x16\x03\x01\x02\r\n\r\n",
    };
    for (const auto& request : requests) {
        CAPTURE(request);
        auto connection = served.connect();
        connection.send(request + second_request);
        const auto response = connection.receive_rest();
        CHECK(response.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        CHECK(response.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(count(response, "HTTP/1.1 ") == 1);
    }
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a malformed chunked body gets one 400 and closes the connection") {
    ServedApi served;
    for (const std::string body :
         {"x\r\n1\r\n0\r\n\r\n", "1\n1\n0\n\n", "-1\r\n1\r\n0\r\n\r\n", "0x1\r\n1\r\n0\r\n\r\n",
          "1\r\n12\r\n0\r\n\r\n", "fffffffffffffffff\r\n1\r\n0\r\n\r\n", "+1\r\n1\r\n0\r\n\r\n",
          " 1\r\n1\r\n0\r\n\r\n", "1 \n1\r\n0\r\n\r\n"}) {
        CAPTURE(body);
        auto connection = served.connect();
        connection.send(note("Transfer-Encoding: chunked\r\n", body) + second_request);
        const auto response = connection.receive_rest();
        CHECK(response.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        CHECK(count(response, "HTTP/1.1 ") == 1);
    }
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a chunked body is joined however it is split") {
    ServedApi served;
    const std::string request =
        note("Transfer-Encoding: chunked\r\n", "2;x=y\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n");
    auto connection = served.connect();
    for (const char c : request) connection.send({&c, 1});
    const auto id = *JobId::parse(text_at(json_of(connection.receive()), "job_id"));
    CHECK(served.client.find(id)->input.text() == "[1,2]");
    CHECK(connection.ask(second_request).status == 200);
}

TEST_CASE("a trailer never becomes a header") {
    ServedApi served;
    auto connection = served.connect();
    connection.send("POST /v1/notes HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "1\r\n1\r\n0\r\nAuthorization: Bearer ann\r\n\r\n");
    CHECK(connection.receive().status == 401);
}

TEST_CASE("pipelined requests get responses in order") {
    ServedApi served;
    auto connection = served.connect();
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += ServedApi::request("POST /v1/notes", "ann", "Content-Type: application/json\r\n",
                                  std::to_string(i)) +
               ServedApi::request("GET /v1/jobs?limit=1", "ann");
    connection.send(all);
    for (int i = 0; i < 50; ++i) {
        const auto submitted = connection.receive();
        REQUIRE(submitted.status == 202);
        const auto id = text_at(json_of(submitted), "job_id");
        CHECK(served.client.find(*JobId::parse(id))->input.text() == std::to_string(i));
        CHECK(connection.receive().status == 200);
    }
}

TEST_CASE("an empty line before a request is ignored") {
    ServedApi served;
    auto connection = served.connect();
    CHECK(connection.ask("\r\n" + second_request).status == 200);
    CHECK(connection.ask("\r\n" + second_request).status == 200);
}

TEST_CASE("an HTTP/1.0 connection closes unless keep-alive is requested") {
    ServedApi served;
    auto closing = served.connect();
    const auto response = closing.ask("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.header("Connection") == "close");
    CHECK(closing.closed_without_a_word());
    auto persistent = served.connect();
    for (int time = 0; time < 2; ++time)
        CHECK(persistent.ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                  .header("Connection") == "keep-alive");
}

TEST_CASE("Connection: close closes the connection") {
    ServedApi served;
    auto connection = served.connect();
    connection.send(ServedApi::request("GET /healthz", "", "Connection: close\r\n") +
                    second_request);
    CHECK(connection.receive().header("Connection") == "close");
    CHECK(connection.closed_without_a_word());
}

TEST_CASE("Expect: 100-continue gets 100 Continue or the refusal") {
    ServedApi served({.server = {.body_limit = 10}});
    auto connection = served.connect();
    const auto interim = connection.ask(note("Expect: 100-continue\r\nContent-Length: 1\r\n", ""));
    CHECK(interim.head == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(connection.ask("1").status == 202);
    CHECK(connection.ask(note("Expect: 100-continue\r\nContent-Length: 11\r\n", "")).status == 413);
    auto other = served.connect();
    CHECK(other.ask(note("Expect: the-unexpected\r\nContent-Length: 1\r\n", "")).status == 417);
}

TEST_CASE("every response has a Date") {
    ServedApi served;
    auto connection = served.connect();
    CHECK(connection.ask(second_request).header("Date").ends_with(" GMT"));
    CHECK(connection.ask("x\r\n\r\n").header("Date").ends_with(" GMT"));
}

TEST_CASE("trailers and chunk extensions larger than a head are refused, without a log line") {
    std::mutex mutex;
    std::vector<std::string> lines;
    ServedOptions options;
    options.server.log = [&](const LogEntry& entry) {
        const std::lock_guard lock(mutex);
        lines.push_back(entry.message);
    };
    ServedApi served(options);
    std::string many_extensions;
    for (int i = 0; i < 40; ++i) many_extensions += "1;" + std::string(500, 'a') + "\r\n1\r\n";
    for (const std::size_t size : {17'000u, 65'533u, 65'534u, 65'536u, 200'000u}) {
        CAPTURE(size);
        const std::string text(size, 'a');
        for (const auto& body :
             {"1\r\n1\r\n0\r\nX: " + text + "\r\n\r\n", "1\r\n1\r\n0\r\n" + text + ": x\r\n\r\n",
              "1;" + text + "\r\n1\r\n0\r\n\r\n", many_extensions + "0\r\n\r\n"}) {
            auto connection = served.connect();
            connection.send(note("Transfer-Encoding: chunked\r\n", body));
            connection.finish_sending();
            const auto response = connection.receive_rest();
            CHECK((response.starts_with("HTTP/1.1 400 ") || response.starts_with("HTTP/1.1 431 ")));
            CHECK(count(response, "HTTP/1.1 ") == 1);
        }
    }
    CHECK(served.post("/v1/notes", "1").status == 202);
    const std::lock_guard lock(mutex);
    CHECK(lines == std::vector<std::string>());
}

TEST_CASE("a body with small trailers and extensions is accepted") {
    ServedApi served;
    auto connection = served.connect();
    connection.send(note("Transfer-Encoding: chunked\r\n",
                         "1;a=b\r\n1\r\n0\r\nX: " + std::string(8'000, 'a') + "\r\n\r\n"));
    CHECK(connection.receive().status == 202);
    CHECK(connection.ask(second_request).status == 200);
}
