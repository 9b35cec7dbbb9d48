#include "messages.hpp"

using namespace desync;

TEST_CASE("requests before a refused message get responses, and those after it none") {
    const std::string refused[] = {
        post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"),
        post("Content-Length: 1\r\nContent-Length: 2\r\n", "1"),
        post("Transfer-Encoding: chunked\r\n", "x\r\n"),
        get("/healthz", "X : y\r\n"),
        get("/healthz", "X: y\n"),
        "GET /healthz\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
    };
    for (const auto& message : refused) {
        CAPTURE(message);
        Target target;
        auto connection = target.connect();
        connection.send(post("Content-Length: 1\r\n", "a") + post("Content-Length: 1\r\n", "b") +
                        message + smuggled + smuggled);
        CHECK(connection.receive().body == "a");
        CHECK(connection.receive().body == "b");
        CHECK(connection.receive().status == 400);
        CHECK(connection.closed_without_a_word());
        CHECK(target.reached() == 0);
    }
}

TEST_CASE("nothing after a message that closes the connection is read") {
    const std::string closing[] = {
        get("/healthz", "Connection: close\r\n"),
        get("/healthz", "Connection: keep-alive, close\r\n"),
        get("/healthz", "Connection: x\r\nConnection: CLOSE\r\n"),
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nConnection: x\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
    };
    for (const auto& message : closing) {
        CAPTURE(message);
        Target target;
        auto connection = target.connect();
        connection.send(message + smuggled);
        const auto response = connection.receive();
        CHECK(response.status == 200);
        CHECK(response.header("Connection") == "close");
        CHECK(connection.closed_without_a_word());
        CHECK(target.reached() == 0);
    }
}

TEST_CASE("a body that is refused for its size is not read as a request") {
    Target target;
    const std::string expecting = "Expect: 100-continue\r\n";
    for (const std::string& message :
         {post("Content-Length: 99999999\r\n"), post("Content-Length: 99999999\r\n" + expecting),
          post("Transfer-Encoding: chunked\r\n", "5f5e0ff\r\n")}) {
        CAPTURE(message);
        auto connection = target.connect();
        connection.send(message + smuggled);
        CHECK(connection.receive().status == 413);
        CHECK(connection.closed_without_a_word());
    }
    CHECK(target.reached() == 0);
}

TEST_CASE("a body that arrives before 100 Continue is a body") {
    Target target;
    auto connection = target.connect();
    connection.send(post("Expect: 100-continue\r\nContent-Length: 1\r\n", "1") + get("/healthz"));
    CHECK(connection.receive().body == "1");
    CHECK(connection.receive().status == 200);
}

TEST_CASE("an unknown expectation is refused without reading the body") {
    Target target;
    for (const std::string expectation :
         {"x", "100-continue, x", "100-continued", "100-continue;q=1", "\"100-continue\"",
          "100 continue", "200-ok"}) {
        CAPTURE(expectation);
        auto connection = target.connect();
        connection.send(post("Expect: " + expectation + "\r\nContent-Length: 1\r\n", "1") +
                        smuggled);
        CHECK(connection.receive().status == 417);
        CHECK(connection.closed_without_a_word());
    }
    CHECK(target.reached() == 0);
}
