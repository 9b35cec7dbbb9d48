#include "own_server.hpp"

#include "unit/thrown.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Waits until `count` requests wait for a job.
template <typename Stream>
void await_waiting(OwnServer<Stream>& host, const std::string& count) {
    const auto line = "\nasyncjobs_http_requests_waiting " + count + "\n";
    auto observer = host.connect();
    while (observer.ask(ServedApi::request("GET /metrics", "")).body.find(line) ==
           std::string::npos) {
    }
}

/// A request that waits for a change of the job.
std::string waiting_request(RawClient& client, const std::string& path) {
    const auto etag = client.ask(ServedApi::request("GET " + path, "ann")).header("ETag");
    return ServedApi::request("GET " + path, "ann",
                              "If-None-Match: " + etag + "\r\nPrefer: wait=3600\r\n");
}

ServedOptions patient() {
    ServedOptions options;
    options.api.max_wait = 1h;
    return options;
}

constexpr beast::ServeOptions watchful{.disconnect_check_delay = 1ms};

} // namespace

TEST_CASE_TEMPLATE("serve() submits, streams and returns a job", Stream, Plain, Tls) {
    OwnServer<Stream> host;
    auto client = host.connect();
    const auto accepted = client.ask(
        ServedApi::request("POST /v1/notes", "ann", "Content-Type: application/json\r\n", "{}"));
    REQUIRE(accepted.status == 202);
    CHECK(accepted.header("Connection") == "");
    const auto path = accepted.header("Location");

    auto follower = host.connect();
    follower.send(ServedApi::request("GET " + path + "/events", "ann"));
    CHECK(follower.receive_head().header("Transfer-Encoding") == "chunked");
    while (follower.receive_chunk().find("event: job.updated") == std::string::npos) {
    }
    host.served.complete("17");
    std::string last;
    for (std::string chunk; !(chunk = follower.receive_chunk()).empty();) last = chunk;
    CHECK(last.find("event: job.completed") != std::string::npos);
    CHECK(follower.closed_without_a_word());

    CHECK(json_of(client.ask(ServedApi::request("GET " + path, "ann"))).at("result") == 17);
    client.send(ServedApi::request("HEAD " + path, "ann"));
    CHECK(client.receive(true).status == 200);
    CHECK(client.ask(ServedApi::request("GET /hello", "")).body == "hello");
}

TEST_CASE_TEMPLATE("serve() sends a large body and a file whole", Stream, Plain, Tls) {
    OwnServer<Stream> host;
    std::string text(700'001, 'x');
    for (std::size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>('a' + i % 26);
    host.served.api.route("POST", "/echo", [](const http::Call& call) {
        return http::Response{.body = call.request.body};
    });
    host.served.api.route("GET", "/file", [text](const http::Call&) {
        return http::Response{
            .body = http::FileBody{std::make_shared<std::istringstream>(text), text.size()}};
    });
    auto client = host.connect();
    for (int i = 0; i < 3; ++i)
        CHECK(client.ask(ServedApi::request("POST /v1/echo", "ann", {}, text)).body == text);
    CHECK(client.ask(ServedApi::request("GET /v1/file", "ann")).body == text);
}

TEST_CASE_TEMPLATE("a client that disconnects from serve() while it waits no longer counts", Stream,
                   Plain, Tls) {
    OwnServer<Stream> host(patient(), watchful);
    const auto path = path_of(host.served.submit("ann"));
    {
        auto client = host.connect();
        client.send(waiting_request(client, path));
        await_waiting(host, "1");
    }
    await_waiting(host, "0");
}

TEST_CASE_TEMPLATE("a client that ends its side while it waits gets the response and the end",
                   Stream, Plain) {
    OwnServer<Stream> host(patient(), watchful);
    auto client = host.connect();
    client.send(waiting_request(client, path_of(host.served.submit("ann"))));
    await_waiting(host, "1");
    client.finish_sending();
    const auto response = client.receive();
    CHECK(response.status == 304);
    CHECK(response.header("Connection") == "close");
    CHECK(client.closed_without_a_word());
}

/// Sends a request while another waits, and returns whether the latter closed the connection.
/// If the former arrives too late, both get their responses.
template <typename Stream>
bool second_request_closes(OwnServer<Stream>& host) {
    const auto path = path_of(host.served.submit("ann"));
    auto client = host.connect();
    client.send(waiting_request(client, path));
    await_waiting(host, "1");
    client.send(ServedApi::request("GET /healthz", ""));
    host.served.complete();
    const auto response = client.receive();
    CHECK(json_of(response).at("status") == "completed");
    if (response.header("Connection") == "close") return client.closed_without_a_word();
    CHECK(client.receive().status == 200);
    return false;
}

TEST_CASE_TEMPLATE("a request that arrives while another waits closes the connection after it",
                   Stream, Plain, Tls) {
    OwnServer<Stream> host(patient(), watchful);
    while (!second_request_closes(host)) {
    }
}

TEST_CASE_TEMPLATE("serve() closes a stream whose client disconnects", Stream, Plain, Tls) {
    ServedOptions options;
    options.api.max_streams = 1;
    OwnServer<Stream> host(std::move(options));
    const auto events =
        ServedApi::request("GET " + path_of(host.served.submit("ann")) + "/events", "ann");
    for (int i = 0; i < 3; ++i) {
        for (;;) {
            auto client = host.connect();
            client.send(events);
            if (client.receive_head().status == 200) break;
        }
    }
}

TEST_CASE_TEMPLATE("serve() gives up on a client that does not read", Stream, Plain, Tls) {
    OwnServer<Stream> host({}, {.write_timeout = 1ms});
    host.served.api.route("GET", "/large", [](const http::Call&) {
        return http::Response{.body = std::string(32 * 1024 * 1024, 'x')};
    });
    auto client = host.connect();
    client.send(ServedApi::request("GET /v1/large", "ann"));
    CHECK(host.await_end() == "");
}

TEST_CASE_TEMPLATE("serve() refuses what two servers could read differently", Stream, Plain, Tls) {
    OwnServer<Stream> host;
    for (const std::string fields : {"Host: a\r\nHost: b\r\n", "", "Host: a, b\r\n",
                                     "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n"}) {
        CAPTURE(fields);
        auto client = host.connect();
        client.send("GET /healthz HTTP/1.1\r\n" + fields + "\r\n0\r\n\r\n");
        CHECK(client.receive().status == 400);
        CHECK(client.closed_without_a_word());
    }
}

TEST_CASE_TEMPLATE("a host that cancels serve() cancels the wait of its request", Stream, Plain,
                   Tls) {
    OwnServer<Stream> host(patient());
    auto client = host.connect();
    client.send(waiting_request(client, path_of(host.served.submit("ann"))));
    await_waiting(host, "1");
    host.cancel();
    await_waiting(host, "0");
    CHECK(host.await_end() == "");
}

TEST_CASE("serve() names a bad option") {
    OwnServer<Plain> host({}, {.write_timeout = 0ms});
    auto client = host.connect();
    client.send(ServedApi::request("GET /healthz", ""));
    CHECK(client.closed_without_a_word());
    CHECK(has(host.await_end(), "write_timeout"));
}
