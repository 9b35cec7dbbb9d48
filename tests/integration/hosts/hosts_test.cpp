#include "host_process.hpp"

#include <doctest/doctest.h>

#include <list>

namespace {

boost::json::value document(const RawResponse& response) {
    return boost::json::parse(response.body);
}

RawClient follow(const HostProcess& host, const std::string& job) {
    auto client = host.connect();
    client.send(HostProcess::request("GET " + job + "/events"));
    const auto head = client.receive_head();
    REQUIRE(head.status == 200);
    REQUIRE(head.header("Content-Type") == "text/event-stream");
    REQUIRE(head.header("Transfer-Encoding") == "chunked");
    REQUIRE(head.headers.find("Content-Length") == nullptr);
    return client;
}

/// The rest of a stream after its head.
std::string events_of(RawClient& client) {
    std::string text;
    for (;;) {
        const auto piece = client.receive_chunk();
        if (piece.empty()) return text;
        text += piece;
    }
}

/// Waits until the job has started; returns its ETag, which then stays until the job ends.
std::string started(const HostProcess& host, const std::string& job) {
    std::string fields;
    for (;;) {
        const auto response = host.connect().ask(HostProcess::request("GET " + job, fields));
        if (response.status == 200 && document(response).at("status") == "processing")
            return response.header("ETag");
        fields = fmt::format("If-None-Match: {}\r\nPrefer: wait=30\r\n", response.header("ETag"));
    }
}

constexpr int some_time = 60'000; // longer than any of these tests

} // namespace

TEST_CASE("a job is submitted and observed until it finishes, and its result is fetched") {
    HostProcess host;
    const auto job = host.submit("to be or not to be", 20);
    auto stream = follow(host, job);
    const auto events = events_of(stream);
    CHECK(events.find("event: job.completed\n") != events.npos);
    CHECK(stream.closed_without_a_word());
    auto client = host.connect();
    const auto result = client.ask(HostProcess::request("GET " + job + "/result"));
    CHECK(result.status == 200);
    CHECK(result.body == "6");
    CHECK(document(client.ask(HostProcess::request("GET " + job))).at("status") == "completed");
    CHECK(host.end(SIGTERM) == 0);
}

TEST_CASE("a submit with Prefer: wait returns when its job has finished") {
    HostProcess host;
    auto client = host.connect();
    const auto response =
        client.ask(HostProcess::submission("one two three", 50, "Prefer: wait=30\r\n"));
    CHECK(response.status == 202);
    CHECK(response.header("Preference-Applied") == "wait=30");
    CHECK(document(response).at("status") == "completed");
    CHECK(document(response).at("result") == 3);
}

TEST_CASE("one connection carries requests of the host and of the API") {
    HostProcess host;
    auto client = host.connect();
    CHECK(client.ask(HostProcess::request("GET /hello")).body == "hello\n");
    CHECK(client.ask(HostProcess::request("GET /v1/jobs?limit=1")).status == 200);
    const auto hosts = client.ask(HostProcess::request("GET /nowhere"));
    CHECK(hosts.status == 404);
    CHECK(hosts.body == "no such page\n");
    const auto apis = client.ask(HostProcess::request("GET /v1/nowhere"));
    CHECK(apis.status == 404);
    CHECK(apis.header("Content-Type") == "application/problem+json");
    CHECK(client.ask(HostProcess::request("GET /hello")).status == 200);
}

TEST_CASE("the API's responses have each of their fields once") {
    HostProcess host;
    auto client = host.connect();
    const auto response = client.ask(HostProcess::submission("x"));
    CHECK(response.status == 202);
    CHECK(response.headers.count("Content-Length") == 1);
    CHECK(response.headers.count("Content-Type") == 1);
    CHECK(response.headers.count("Location") == 1);
    CHECK(response.headers.count("Retry-After") == 1);
    const auto stranger = client.ask("GET /v1/jobs HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(stranger.status == 401);
    CHECK(stranger.header("WWW-Authenticate") == "Bearer");
}

TEST_CASE("HEAD has the head of GET and no body") {
    HostProcess host;
    auto client = host.connect();
    const auto job = host.submit("one");
    auto stream = follow(host, job);
    events_of(stream); // it has finished, and changes no more
    const auto whole = client.ask(HostProcess::request("GET " + job));
    client.send(HostProcess::request("HEAD " + job));
    const auto head = client.receive(true);
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == std::to_string(whole.body.size()));
    CHECK(head.header("ETag") == whole.header("ETag"));
    client.send(
        HostProcess::request("GET " + job, "If-None-Match: " + whole.header("ETag") + "\r\n"));
    CHECK(client.receive().status == 304);
    CHECK(client.ask(HostProcess::request("GET /hello")).body == "hello\n");
}

TEST_CASE("a file is sent whole or in part, and HEAD has its length") {
    HostProcess host;
    const auto text = manual_text();
    CHECK(host.connect().ask(HostProcess::request("GET /v1/manual")).body == text);
    const auto part = host.connect().ask(
        HostProcess::request("GET /v1/manual", "Range: bytes=500000-500009\r\n"));
    CHECK(part.status == 206);
    CHECK(part.body == text.substr(500'000, 10));
    auto client = host.connect();
    client.send(HostProcess::request("HEAD /v1/manual"));
    CHECK(client.receive(true).header("Content-Length") == std::to_string(text.size()));
    CHECK(client.ask(HostProcess::request("GET /hello")).body == "hello\n");
}

TEST_CASE("many concurrent streams occupy no thread each") {
    HostProcess host;
    const auto job = host.submit("wait", some_time);
    const auto threads = host.threads();
    std::list<RawClient> streams;
    for (int i = 0; i < 60; ++i) {
        streams.push_back(follow(host, job));
        CHECK(!streams.back().receive_chunk().empty());
    }
    CHECK(host.threads() <= threads + 8); // threads that the library starts when they are needed
    auto client = host.connect();
    client.send(HostProcess::request("POST " + job + "/cancel", "Content-Length: 0\r\n"));
    const auto cancelled = client.receive().status;
    CHECK((cancelled == 200 || cancelled == 202)); // already, or soon
    for (auto& stream : streams) {
        const auto events = events_of(stream);
        CHECK(events.find("event: job.cancelled\n") != events.npos);
    }
}

TEST_CASE("a client that disconnects during a stream frees its permit") {
    HostProcess host;
    const auto job = host.submit("wait", some_time);
    // One owner may have 100 streams; more than that one after another succeed only if each frees
    // its permit.
    for (int i = 0; i < 150; ++i) {
        for (;;) {
            auto client = host.connect();
            client.send(HostProcess::request("GET " + job + "/events"));
            const auto head = client.receive_head();
            if (head.status == 200 && !client.receive_chunk().empty()) break;
            REQUIRE(head.status == 429); // the host has not yet noticed the last disconnect
        }
    }
    CHECK(host.connect().ask(HostProcess::request("GET /hello")).body == "hello\n");
    CHECK(host.end(SIGTERM) == 0);
}

TEST_CASE("a client that disconnects while its request waits frees its permit") {
    HostProcess host;
    const auto job = host.submit("wait", some_time);
    const auto wait = HostProcess::request(
        "GET " + job, fmt::format("If-None-Match: {}\r\nPrefer: wait=60\r\n", started(host, job)));
    {
        auto client = host.connect();
        client.send(wait);
        host.await_waiting(1);
    }
    host.await_waiting(0);
    // It is not the job's end that ended the wait.
    const auto now = document(host.connect().ask(HostProcess::request("GET " + job)));
    CHECK(now.at("status") == "processing");
}

TEST_CASE("a stopping host ends its streams, and then exits") {
    HostProcess host;
    const auto job = host.submit("wait", some_time);
    auto stream = follow(host, job);
    CHECK(!stream.receive_chunk().empty());
    auto idle = host.connect();
    CHECK(idle.ask(HostProcess::request("GET /hello")).status == 200);
    host.signal(SIGTERM);
    CHECK(events_of(stream).find("event: job.completed") == std::string::npos);
    CHECK(stream.closed_without_a_word());
    CHECK(idle.closed_without_a_word());
    CHECK(host.wait() == 0);
}

TEST_CASE("a value that would split a header field is not sent") {
    HostProcess host;
    auto bare = host.connect();
    bare.send(HostProcess::request("GET /v1/jobs", "X-A: a\rX-Injected: b\r\n"));
    bare.finish_sending();
    CHECK(bare.receive_rest().find("X-Injected") == std::string::npos);
    auto client = host.connect();
    const auto echoed = client.ask(
        HostProcess::request("GET /v1/jobs/%0d%0aX-Injected:%20b?cursor=%0d%0aX-Injected:%20b"));
    CHECK(echoed.status >= 400);
    CHECK(echoed.headers.find("X-Injected") == nullptr);
    CHECK(host.connect().ask(HostProcess::request("GET /hello")).body == "hello\n");
}

TEST_CASE("an HTTP/1.0 client gets a stream that ends with its connection") {
    HostProcess host;
    const auto job = host.submit("one two", 20);
    auto client = host.connect();
    client.send("GET " + job + "/events HTTP/1.0\r\nAuthorization: Bearer ann\r\n\r\n");
    const auto head = client.receive_head();
    CHECK(head.status == 200);
    CHECK(head.headers.find("Transfer-Encoding") == nullptr);
    const auto events = client.receive_rest();
    CHECK(events.ends_with("\n\n"));
    CHECK(events.find("event: job.completed\n") != events.npos);
}

TEST_CASE("trailers and extensions of any size close at most their connection") {
    HostProcess host;
    const auto head = HostProcess::request(
        "POST /v1/word-counts", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
    const std::string body = "c\r\n{\"text\":\"a\"}\r\n";
    for (const std::size_t size : {20'000u, 65'533u, 65'534u, 65'536u, 200'000u}) {
        CAPTURE(size);
        const std::string text(size, 'a');
        for (const auto& rest :
             {body + "0\r\nX: " + text + "\r\n\r\n", body + "0\r\n" + text + ": x\r\n\r\n",
              "c;" + text + "\r\n" + body.substr(3) + "0\r\n\r\n"}) {
            auto client = host.connect();
            client.send(head + rest);
            client.finish_sending();
            const auto response = client.receive_rest();
            CAPTURE(response.substr(0, 100));
            CHECK_FALSE(response.starts_with("HTTP/1.1 5"));
            CHECK(host.connect().ask(HostProcess::request("GET /hello")).body == "hello\n");
        }
    }
    CHECK(host.end(SIGTERM) == 0);
}
