#include "served_api.hpp"

#include <doctest/doctest.h>

#include <latch>

using namespace asyncjobs;
using namespace std::chrono_literals;

TEST_CASE("a body over the limit gets 413 and closes the connection, with either framing") {
    ServedApi served({.server = {.body_limit = 10}});
    const std::string body = "\"0123456789\"";
    for (const std::string& message :
         {"Content-Length: 12\r\n\r\n" + body, "Content-Length: 999999999999\r\n\r\n" + body,
          "Transfer-Encoding: chunked\r\n\r\nc\r\n" + body + "\r\n0\r\n\r\n"}) {
        CAPTURE(message);
        auto connection = served.connect();
        connection.send("POST /v1/notes HTTP/1.1\r\nHost: localhost\r\n"
                        "Authorization: Bearer ann\r\nContent-Type: application/json\r\n" +
                        message);
        const auto response = connection.receive();
        CHECK(response.status == 413);
        CHECK(response.header("Connection") == "close");
        CHECK(connection.closed_without_a_word());
    }
    CHECK(served.post("/v1/notes", "\"01234567\"").status == 202);
}

TEST_CASE("the API limits bodies itself, for other servers") {
    ServedApi served({.api = {.body_limit = 10}});
    CHECK(served.post("/v1/notes", "\"0123456789\"").status == 413);
    CHECK(served.post("/v1/notes", "\"01234567\"").status == 202);
}

TEST_CASE("a long target gets 414 and a large head 431, and the connection closes") {
    ServedApi served({.server = {.target_limit = 64, .head_limit = 512, .field_limit = 5}});
    const auto status = [&](const std::string& request) {
        auto connection = served.connect();
        connection.send(request);
        const auto response = connection.receive();
        CHECK(response.header("Connection") == "close");
        CHECK(connection.closed_without_a_word());
        return response.status;
    };
    const std::string host = " HTTP/1.1\r\nHost: localhost\r\n";
    CHECK(status("GET /" + std::string(64, 'a') + host + "\r\n") == 414);
    CHECK(status("GET /" + std::string(2000, 'a')) == 414);
    CHECK(status("GET /healthz" + host + "X: " + std::string(2000, 'a')) == 431);
    CHECK(status("GET /healthz" + host + "X: " + std::string(500, 'a') + "\r\n\r\n") == 431);
    CHECK(status("GET /healthz" + host + "A:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\n\r\n") == 431);
    CHECK(served.ask("GET /healthz", "").status == 200);
}

TEST_CASE("a slow head is cut off at its deadline") {
    ServedApi served({.server = {.head_timeout = 50ms}});
    auto connection = served.connect();
    connection.send("GET /healthz HTTP/1.1\r\nHost: loc");
    CHECK(connection.receive().status == 408);
    CHECK(connection.receive_rest().empty());
}

TEST_CASE("further bytes do not extend a head's deadline") {
    ServedApi served({.server = {.head_limit = 1024 * 1024, .head_timeout = 50ms}});
    auto connection = served.connect();
    connection.send("GET /healthz HTTP/1.1\r\nX: ");
    while (connection.send("y")) {
    }
    const auto response = connection.receive_rest();
    CHECK((response.empty() || response.starts_with("HTTP/1.1 408 ")));
}

TEST_CASE("a late or slow body is cut off") {
    const auto response_with = [](beast::ServerOptions options) {
        ServedApi served({.server = options});
        auto connection = served.connect();
        connection.send(ServedApi::request("POST /v1/notes", "ann",
                                           "Content-Type: application/json\r\n"
                                           "Content-Length: 100\r\n"));
        connection.send("\"12345");
        return connection.receive_rest();
    };
    CHECK(response_with({.body_timeout = 50ms}).starts_with("HTTP/1.1 408 "));
    CHECK(response_with({.body_timeout = 24h, .min_body_rate = 1000, .rate_grace = 50ms})
              .starts_with("HTTP/1.1 408 "));
}

TEST_CASE("an idle connection is closed without a response") {
    ServedApi served({.server = {.idle_timeout = 50ms}});
    auto silent = served.connect();
    CHECK(silent.closed_without_a_word());
    auto used = served.connect();
    CHECK(used.ask(ServedApi::request("GET /healthz", "")).status == 200);
    CHECK(used.closed_without_a_word());
}

TEST_CASE("a client that does not read its response is cut off") {
    std::latch asked(1);
    ServedApi served({.server = {.write_timeout = 50ms}});
    served.api.route("GET", "/large", [&](const http::Call&) {
        asked.count_down();
        return http::Response{.body = std::string(100'000'000, 'x')};
    });
    auto connection = served.connect();
    connection.send(ServedApi::request("GET /v1/large", "ann", "Connection: close\r\n"));
    asked.wait();
    while (served.server.connections() > 0) std::this_thread::yield();
    CHECK(connection.receive_rest().size() < 100'000'000);
}

TEST_CASE("a connection over the limit gets 503 until another one closes") {
    const auto check = [](beast::ServerOptions options) {
        ServedApi served({.server = options});
        auto first = served.connect();
        {
            auto second = served.connect();
            CHECK(first.ask(ServedApi::request("GET /healthz", "")).status == 200);
            CHECK(second.ask(ServedApi::request("GET /healthz", "")).status == 200);
            auto third = served.connect();
            const auto response = third.receive_rest();
            CHECK(response.starts_with("HTTP/1.1 503 "));
            CHECK(response.find("\r\nRetry-After: ") != std::string::npos);
        }
        while (served.server.connections() > 1) std::this_thread::yield();
        CHECK(served.ask("GET /healthz", "").status == 200);
    };
    check({.max_connections = 2});
    check({.max_connections_per_address = 2});
}

TEST_CASE("bodies share a memory limit, and release it") {
    ServedApi served({.server = {.body_memory_limit = 10}});
    CHECK(served.post("/v1/notes", "\"0123456789\"").status == 503);
    for (int time = 0; time < 3; ++time) {
        CHECK(served.post("/v1/notes", "\"012345\"").status == 202);
        while (served.server.connections() > 0) std::this_thread::yield();
    }
}

TEST_CASE("an address may use a quarter of the body memory unless it is a trusted proxy") {
    for (const bool is_trusted : {false, true}) {
        CAPTURE(is_trusted);
        http::ApiOptions options;
        if (is_trusted) options.trusted_proxies = {"127.0.0.1"};
        ServedApi served({.api = options, .server = {.body_memory_limit = 400'000}});
        std::latch entered(2), leave(1);
        served.api.route("POST", "/held", [&](const http::Call&) {
            entered.count_down();
            leave.wait();
            return http::Response{.body = "held"};
        });
        const std::string fields = "Content-Type: application/json\r\n";
        const auto body = [](std::size_t size) { return '"' + std::string(size, 'x') + '"'; };
        auto first = served.connect(), second = served.connect();
        for (RawClient* client : {&first, &second})
            client->send(ServedApi::request("POST /v1/held", "ann", fields, body(40'000)));
        entered.wait();
        const auto third = served.post("/v1/notes", body(40'000), "bob");
        CHECK(third.status == (is_trusted ? 202 : 503));
        if (!is_trusted)
            CHECK(text_at(json_of(third), "detail") ==
                  "too many request bodies are being received from this address");
        CHECK(served.post("/v1/notes", body(10'000), "bob").status == 202);
        RawClient elsewhere(served.server.port(), "127.0.0.2");
        CHECK(elsewhere.ask(ServedApi::request("POST /v1/notes", "cid", fields, body(90'000)))
                  .status == 202);
        leave.count_down();
        CHECK(first.receive().body == "held");
        CHECK(second.receive().body == "held");
        first.ask(ServedApi::request("GET /healthz", ""));
        second.ask(ServedApi::request("GET /healthz", ""));
        CHECK(served.post("/v1/notes", body(90'000), "bob").status == 202);
    }
}

TEST_CASE("a full queue returns 503 at once while queued requests continue") {
    std::latch entered(1);
    std::latch leave(1);
    ServedApi served({.api = {.threads = 1, .queue_limit = 1}});
    served.api.route("GET", "/slow", [&](const http::Call&) {
        entered.count_down();
        leave.wait();
        return http::Response{.body = "slow"};
    });
    auto running = served.connect();
    running.send(ServedApi::request("GET /v1/slow", "ann"));
    entered.wait();
    std::promise<unsigned> waiting;
    const http::Request request{.method = "GET", .target = "/readyz"};
    served.api.handle(request, [&](http::Response r) { waiting.set_value(r.status); });
    const auto refused = served.ask("GET /readyz", "");
    CHECK(refused.status == 503);
    CHECK(std::stoi(refused.header("Retry-After")) >= 1);
    CHECK(served.ask("GET /healthz", "").status == 200);
    leave.count_down();
    CHECK(running.receive().body == "slow");
    CHECK(waiting.get_future().get() == 200);
    CHECK(served.ask("GET /readyz", "").status == 200);
}

TEST_CASE("a destroyed API responds to queued requests with 503, once") {
    MemoryJobStore store;
    Client client(store);
    std::latch entered(1);
    std::latch leave(1);
    std::promise<unsigned> running, waiting;
    std::jthread release;
    {
        http::JobApi api(client, {.allow_anonymous = true, .threads = 1});
        api.route("GET", "/slow", [&](const http::Call&) {
            entered.count_down();
            leave.wait();
            return http::Response{};
        });
        const http::Request slow{.method = "GET", .target = "/v1/slow"};
        api.handle(slow, [&](http::Response r) { running.set_value(r.status); });
        entered.wait();
        api.handle({.method = "GET", .target = "/readyz"},
                   [&](http::Response r) { waiting.set_value(r.status); });
        release = std::jthread([&] { leave.count_down(); });
    }
    CHECK(running.get_future().get() == 200);
    const auto status = waiting.get_future().get();
    CHECK((status == 503 || status == 200));
}

TEST_CASE("options out of range are refused by name") {
    MemoryJobStore store;
    Client client(store);
    const auto refused = [](auto make, std::string_view name) {
        try {
            make();
        } catch (const Error& error) {
            return error.code() == Errc::invalid_argument &&
                   std::string_view(error.what()).starts_with(name);
        }
        return false;
    };
    const auto api = [&](http::ApiOptions options) {
        return [&client, options]() mutable {
            options.allow_anonymous = true;
            http::JobApi made(client, options);
        };
    };
    CHECK(refused(api({.prefix = "v1"}), "prefix"));
    CHECK(refused(api({.prefix = "/v1/"}), "prefix"));
    CHECK(refused(api({.public_base_url = "example.org"}), "public_base_url"));
    CHECK(refused(api({.public_base_url = "https://a/\r\nX:"}), "public_base_url"));
    CHECK(refused(api({.threads = 1001}), "threads"));
    CHECK(refused(api({.body_limit = 0}), "body_limit"));
    CHECK(refused(api({.depth_limit = 65}), "depth_limit"));
    CHECK(refused(api({.default_page = 3, .max_page = 2}), "default_page"));
    CHECK(refused(api({.retry_after_cap = 0s}), "retry_after_cap"));
    http::JobApi fine(client, {.allow_anonymous = true});
    const auto server = [&](beast::ServerOptions options) {
        return [&fine, options] { beast::Server made(fine, options); };
    };
    CHECK(refused(server({.address = "localhost"}), "address"));
    CHECK(refused(server({.io_threads = 0}), "io_threads"));
    CHECK(refused(server({.max_connections = 0}), "max_connections"));
    CHECK(refused(server({.head_timeout = 0s}), "head_timeout"));
}

TEST_CASE("the response to a document with many faults is not larger than the document") {
    ServedApi served;
    std::string text = "{";
    for (int i = 0; i < 90'000; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    const auto response = served.post("/v1/reports/sales", text + '}');
    CHECK(response.status == 422);
    CHECK(response.body.size() < 20'000);
    const auto document = json_of(response);
    CHECK(document.at("errors").as_array().size() == 100);
    CHECK(document.at("more_errors") == true);
}
