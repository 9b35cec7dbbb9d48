#include "served_api.hpp"

#include <doctest/doctest.h>

#include <latch>

using namespace asyncjobs;
using namespace std::chrono_literals;

TEST_CASE("a body over the limit is 413 and the connection ends, however it is announced") {
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

TEST_CASE("the API has a limit of its own, for other servers") {
    ServedApi served({.api = {.body_limit = 10}});
    CHECK(served.post("/v1/notes", "\"0123456789\"").status == 413);
    CHECK(served.post("/v1/notes", "\"01234567\"").status == 202);
}

TEST_CASE("a target over the limit is 414, a head over it is 431, and the connection ends") {
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

TEST_CASE("a head that dribbles in is cut off at its deadline") {
    ServedApi served({.server = {.head_timeout = 50ms}});
    auto connection = served.connect();
    connection.send("GET /healthz HTTP/1.1\r\nHost: loc");
    CHECK(connection.receive().status == 408);
    CHECK(connection.receive_rest().empty());
}

TEST_CASE("bytes that go on coming do not extend a head's deadline") {
    ServedApi served({.server = {.head_limit = 1024 * 1024, .head_timeout = 50ms}});
    auto connection = served.connect();
    connection.send("GET /healthz HTTP/1.1\r\nX: ");
    while (connection.send("y")) {
    }
    const auto answer = connection.receive_rest();
    CHECK((answer.empty() || answer.starts_with("HTTP/1.1 408 ")));
}

TEST_CASE("a body that does not come in time, or too slowly, is cut off") {
    const auto answer = [](beast::ServerOptions options) {
        ServedApi served({.server = options});
        auto connection = served.connect();
        connection.send(ServedApi::request("POST /v1/notes", "ann",
                                           "Content-Type: application/json\r\n"
                                           "Content-Length: 100\r\n"));
        connection.send("\"12345");
        return connection.receive_rest();
    };
    CHECK(answer({.body_timeout = 50ms}).starts_with("HTTP/1.1 408 "));
    CHECK(answer({.body_timeout = 24h, .min_body_rate = 1000, .rate_grace = 50ms})
              .starts_with("HTTP/1.1 408 "));
}

TEST_CASE("an idle connection is closed without a word, before and after a request") {
    ServedApi served({.server = {.idle_timeout = 50ms}});
    auto silent = served.connect();
    CHECK(silent.closed_without_a_word());
    auto used = served.connect();
    CHECK(used.ask(ServedApi::request("GET /healthz", "")).status == 200);
    CHECK(used.closed_without_a_word());
}

TEST_CASE("a client that does not read its answer is cut off") {
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

TEST_CASE("one connection too many is 503, and there is room again when one has gone") {
    const auto check = [](beast::ServerOptions options) {
        ServedApi served({.server = options});
        auto first = served.connect();
        {
            auto second = served.connect();
            CHECK(first.ask(ServedApi::request("GET /healthz", "")).status == 200);
            CHECK(second.ask(ServedApi::request("GET /healthz", "")).status == 200);
            auto third = served.connect();
            const auto answer = third.receive_rest();
            CHECK(answer.starts_with("HTTP/1.1 503 "));
            CHECK(answer.find("\r\nRetry-After: ") != std::string::npos);
        }
        while (served.server.connections() > 1) std::this_thread::yield();
        CHECK(served.ask("GET /healthz", "").status == 200);
    };
    check({.max_connections = 2});
    check({.max_connections_per_address = 2});
}

TEST_CASE("bodies share a limit, and what they took is given back") {
    ServedApi served({.server = {.body_memory_limit = 10}});
    CHECK(served.post("/v1/notes", "\"0123456789\"").status == 503);
    for (int time = 0; time < 3; ++time) {
        CHECK(served.post("/v1/notes", "\"012345\"").status == 202);
        while (served.server.connections() > 0) std::this_thread::yield();
    }
}

TEST_CASE("a full queue is answered 503 at once, while what is in it goes on") {
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

TEST_CASE("an API that ends answers what waits with 503, once") {
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

TEST_CASE(
    "submits over an owner's quota are refused for a while, and each answer says what is left") {
    ServedApi served({.api = {.submits_per_owner = 2, .submits_period = std::chrono::hours{1}}});
    const auto first = served.post("/v1/notes", "1");
    CHECK(first.status == 202);
    CHECK(first.header("RateLimit-Policy") == R"("submits";q=2;w=3600)");
    CHECK(first.header("RateLimit").starts_with(R"("submits";r=1;t=)"));
    CHECK(served.post("/v1/notes", "1").status == 202);
    const auto refused = served.post("/v1/notes", "1");
    CHECK(refused.status == 429);
    CHECK(text_at(json_of(refused), "code") == "quota_exceeded");
    CHECK(std::stoi(refused.header("Retry-After")) >= 1);
    CHECK(refused.header("RateLimit").starts_with(R"("submits";r=0;t=)"));
    CHECK(served.post("/v1/notes", "1", "bob").status == 202);
    CHECK(served.client.list({}).jobs.size() == 3);
}

TEST_CASE("a request that is repeated needs no quota, also where none is left") {
    ServedApi served({.api = {.submits_per_owner = 2, .submits_period = std::chrono::hours{1}}});
    const auto submit = [&](const std::string& key) {
        return served.ask("POST /v1/notes", "ann",
                          "Content-Type: application/json\r\nIdempotency-Key: " + key + "\r\n",
                          "1");
    };
    const auto first = submit("a");
    CHECK(first.status == 202);
    for (int i = 0; i < 3; ++i) {
        const auto again = submit("a");
        CHECK(again.status == 202);
        CHECK(again.header("Idempotent-Replayed") == "true");
        CHECK(again.header("RateLimit").starts_with(R"("submits";r=1;t=)"));
    }
    CHECK(submit("b").status == 202);
    const auto again = submit("a");
    CHECK(again.status == 202);
    CHECK(again.body == first.body);
    CHECK(again.header("RateLimit").starts_with(R"("submits";r=0;t=)"));
    CHECK(submit("c").status == 429);
    CHECK(served.client.list({}).jobs.size() == 2);
}

TEST_CASE("another request under a key that was used is refused, also where no quota is left") {
    ServedApi served({.api = {.submits_per_owner = 1, .submits_period = std::chrono::hours{1}}});
    const auto submit = [&](std::string_view body) {
        return served.ask("POST /v1/notes", "ann",
                          "Content-Type: application/json\r\nIdempotency-Key: a\r\n", body);
    };
    CHECK(submit("1").status == 202);
    CHECK(submit("2").status == 422);
    CHECK(submit("1").status == 202);
}

TEST_CASE("a retry counts against the quota of submits") {
    ServedApi served({.api = {.submits_per_owner = 1, .submits_period = std::chrono::hours{1}}});
    const auto id = served.submit("ann");
    CHECK(served.ask("POST " + path_of(id, "/retry")).status == 409);
    served.client.cancel(id);
    const auto retried = served.ask("POST " + path_of(id, "/retry"));
    CHECK(retried.status == 202);
    CHECK(retried.header("RateLimit").starts_with(R"("submits";r=0;t=)"));
    served.client.cancel(id);
    const auto refused = served.ask("POST " + path_of(id, "/retry"));
    CHECK(refused.status == 429);
    CHECK(std::stoi(refused.header("Retry-After")) >= 1);
    CHECK(served.client.find(id)->status == JobStatus::cancelled);
    CHECK(served.post("/v1/notes", "1").status == 429);
}

TEST_CASE("answers that are held get others refused, until they are given back") {
    ServedApi served({.api = {.answer_memory_limit = 1024 * 1024}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(600'000, 'x')}; },
        {.authenticate = false});
    const auto ask = [&](const char* method) {
        std::promise<http::Response> answer;
        served.api.handle({.method = method, .target = "/v1/big"},
                          [&](http::Response response) { answer.set_value(std::move(response)); });
        return answer.get_future().get();
    };
    auto first = ask("GET");
    CHECK(first.status == 200);
    const auto second = ask("GET");
    CHECK(second.status == 503);
    CHECK(second.headers.find("Retry-After") != nullptr);
    CHECK(ask("HEAD").status == 200);
    first = {};
    CHECK(ask("GET").status == 200);
}

TEST_CASE("clients that do not read their answers get others refused, not the memory") {
    constexpr int size = 16 * 1024 * 1024;
    ServedApi served({.api = {.answer_memory_limit = 3 * size / 2}});
    served.api.route("GET", "/huge", [](const http::Call&) {
        return http::Response{.body = std::string(size, 'x')};
    });
    const auto await_bytes = [&](int count) {
        const auto line = "\nasyncjobs_http_answer_bytes " + std::to_string(count) + "\n";
        while (served.ask("GET /metrics", "").body.find(line) == std::string::npos)
            std::this_thread::yield();
    };
    auto slow = served.connect();
    slow.send(ServedApi::request("GET /v1/huge", "ann"));
    await_bytes(size);
    CHECK(served.ask("GET /v1/huge").status == 503);
    CHECK(served.post("/v1/notes", "1").status == 202);
    CHECK(slow.receive().body.size() == size);
    await_bytes(0);
    CHECK(served.ask("GET /v1/huge").status == 200);
}

TEST_CASE("a submit that has waited is accepted in short where its job's status has no memory") {
    ServedApi served({.api = {.answer_memory_limit = 64 * 1024, .max_wait = 1h}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(64 * 1024, 'x')}; },
        {.authenticate = false});
    const auto ask = [&](http::Request request) {
        auto answer = std::make_shared<std::promise<http::Response>>();
        auto come = answer->get_future();
        served.api.handle(std::move(request), [answer](http::Response response) {
            answer->set_value(std::move(response));
        });
        return come;
    };
    const http::Request submit{.method = "POST",
                               .target = "/v1/notes",
                               .headers = {{"Authorization", "Bearer ann"},
                                           {"Content-Type", "application/json"},
                                           {"Prefer", "wait=3600"}},
                               .body = "1"};
    const auto finished_submit = [&] {
        auto come = ask(submit);
        served.await_waiting(1);
        served.complete('"' + std::string(20'000, 'x') + '"');
        return come.get();
    };
    auto held = ask({.method = "GET", .target = "/v1/big"}).get();
    CHECK(held.status == 200);
    const auto in_short = finished_submit();
    CHECK(in_short.status == 202);
    REQUIRE(in_short.headers.find("Location"));
    CHECK(*in_short.headers.find("Preference-Applied") == "wait=3600");
    const auto document = boost::json::parse(std::get<std::string>(in_short.body));
    CHECK(text_at(document, "status_url") == *in_short.headers.find("Location"));
    CHECK_FALSE(document.as_object().contains("result"));
    held = {};
    const auto whole = finished_submit();
    CHECK(whole.status == 202);
    CHECK(std::get<std::string>(whole.body).size() > 20'000);
    CHECK(ask({.method = "GET", .target = "/v1/big"}).get().status == 503);
}

TEST_CASE("metrics are sent also while slow readers hold all memory of answers") {
    ServedApi served({.api = {.answer_memory_limit = 64 * 1024}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(64 * 1024, 'x')}; },
        {.authenticate = false});
    for (int i = 0; i < 200; ++i)
        served.api.submit_route("/routes/" + std::to_string(i),
                                http::UntypedSubmitRoute{.type = "type" + std::to_string(i),
                                                         .queue = "queue" + std::to_string(i)});
    const auto ask = [&](std::string target) {
        std::promise<http::Response> answer;
        served.api.handle({.method = "GET", .target = std::move(target)},
                          [&](http::Response response) { answer.set_value(std::move(response)); });
        return answer.get_future().get();
    };
    const auto held = ask("/v1/big");
    CHECK(held.status == 200);
    CHECK(ask("/v1/big").status == 503);
    const auto metrics = ask("/metrics");
    CHECK(metrics.status == 200);
    CHECK(std::get<std::string>(metrics.body).size() > 16 * 1024);
}

TEST_CASE("an anonymous client is one address, and one /64 network of IPv6") {
    MemoryJobStore store;
    Client client(store);
    http::JobApi api(client, {.allow_anonymous = true, .threads = 0, .submits_per_owner = 1});
    api.submit_route("/notes", http::UntypedSubmitRoute{.type = "note"});
    const auto submit_from = [&](std::string address) {
        unsigned status = 0;
        api.handle({.method = "POST",
                    .target = "/v1/notes",
                    .headers = {{"Content-Type", "application/json"}},
                    .body = "1",
                    .remote_address = std::move(address)},
                   [&](const http::Response& response) { status = response.status; });
        return status;
    };
    CHECK(submit_from("2001:db8:0:1::1") == 202);
    CHECK(submit_from("2001:db8:0:1:ffff:ffff:ffff:ffff") == 429);
    CHECK(submit_from("2001:db8:0:2::1") == 202);
    CHECK(submit_from("192.0.2.1") == 202);
    CHECK(submit_from("::ffff:192.0.2.1") == 429);
    CHECK(submit_from("::ffff:192.0.2.2") == 202);
}

TEST_CASE("a document full of faults gets an answer that is no larger than it") {
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
