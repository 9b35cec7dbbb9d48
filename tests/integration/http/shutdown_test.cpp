#include "served_api.hpp"

#include <doctest/doctest.h>

#include <future>
#include <latch>

using namespace asyncjobs;
using namespace std::chrono_literals;

TEST_CASE("a stopping server lets a running request finish and closes idle connections") {
    std::latch entered(1);
    std::latch leave(1);
    ServedApi served({.server = {.linger_timeout = 20ms}});
    served.api.route("GET", "/slow", [&](const http::Call&) {
        entered.count_down();
        leave.wait();
        return http::Response{.body = "slow"};
    });
    auto running = served.connect();
    auto idle = served.connect();
    CHECK(idle.ask(ServedApi::request("GET /healthz", "")).status == 200);
    running.send(ServedApi::request("GET /v1/slow", "ann"));
    entered.wait();
    auto stopped = std::async(std::launch::async, [&] { served.server.stop(1h); });
    CHECK(idle.closed_without_a_word());
    leave.count_down();
    const auto response = running.receive();
    CHECK(response.body == "slow");
    CHECK(response.header("Connection") == "close");
    CHECK(running.closed_without_a_word());
    stopped.get();
    CHECK(served.server.connections() == 0);
    CHECK_THROWS(RawClient(served.server.port()));
}

TEST_CASE("a server without grace closes running requests, and drops late responses") {
    std::latch entered(1);
    std::latch leave(1);
    MemoryJobStore store;
    Client client(store);
    http::JobApi api(client, {.allow_anonymous = true});
    api.route("GET", "/slow", [&](const http::Call&) {
        entered.count_down();
        leave.wait();
        return http::Response{.body = "slow"};
    });
    {
        beast::Server server(api);
        server.start();
        RawClient connection(server.port());
        connection.send(ServedApi::request("GET /v1/slow", ""));
        entered.wait();
        server.stop();
        CHECK(connection.closed_without_a_word());
    }
    leave.count_down();
}

TEST_CASE("an address in use is refused by name") {
    ServedApi served;
    served.connect();
    beast::Server second(served.api, {.port = served.server.port()});
    try {
        second.start();
        FAIL_CHECK("it listens");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find(std::to_string(served.server.port())) !=
              std::string::npos);
    }
}

TEST_CASE("a server that never started can be stopped") {
    ServedApi served;
    served.server.stop();
    CHECK(served.server.port() == 0);
}
