#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// An API's response to `request` of `owner`, without a server.
http::Response response_to(ServedApi& served, const std::string& owner, http::Request request) {
    if (!owner.empty()) request.headers.set("Authorization", "Bearer " + owner);
    std::promise<http::Response> promise;
    served.api.handle(std::move(request),
                      [&](http::Response response) { promise.set_value(std::move(response)); });
    return promise.get_future().get();
}

/// `/v1/bytes/N` returns so many bytes to owners, and `/v1/open/N` to all callers.
void add_bytes_routes(ServedApi& served) {
    const auto bytes = [](const http::Call& call) {
        const auto count = std::stoul(std::string(*call.path.find("count")));
        return http::Response{.body = std::string(count, 'x')};
    };
    served.api.route("GET", "/bytes/{count}", bytes);
    served.api.route("GET", "/open/{count}", bytes, {.authenticate = false});
}

} // namespace

TEST_CASE("responses over the memory limit are refused until others are written") {
    ServedApi served({.api = {.response_memory_limit = 1024 * 1024}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(600'000, 'x')}; },
        {.authenticate = false});
    const auto ask = [&](const char* method) {
        std::promise<http::Response> promise;
        served.api.handle({.method = method, .target = "/v1/big"},
                          [&](http::Response response) { promise.set_value(std::move(response)); });
        return promise.get_future().get();
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

TEST_CASE("clients that do not read get later responses refused within the memory limit") {
    constexpr int size = 16 * 1024 * 1024;
    ServedApi served({.api = {.response_memory_limit = 3 * size / 2}});
    served.api.route("GET", "/huge", [](const http::Call&) {
        return http::Response{.body = std::string(size, 'x')};
    });
    const auto await_bytes = [&](int count) {
        const auto line = "\nasyncjobs_http_response_bytes " + std::to_string(count) + "\n";
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

TEST_CASE("a submit that has waited gets the short 202 without memory for the status") {
    ServedApi served({.api = {.response_memory_limit = 64 * 1024, .max_wait = 1h}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(64 * 1024, 'x')}; },
        {.authenticate = false});
    const auto ask = [&](http::Request request) {
        auto promise = std::make_shared<std::promise<http::Response>>();
        auto come = promise->get_future();
        served.api.handle(std::move(request), [promise](http::Response response) {
            promise->set_value(std::move(response));
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

TEST_CASE("metrics are sent while slow readers hold all response memory") {
    ServedApi served({.api = {.response_memory_limit = 64 * 1024}});
    served.api.route(
        "GET", "/big",
        [](const http::Call&) { return http::Response{.body = std::string(64 * 1024, 'x')}; },
        {.authenticate = false});
    for (int i = 0; i < 200; ++i)
        served.api.submit_route("/routes/" + std::to_string(i),
                                http::SubmitRoute<>{.job = {.type = "type" + std::to_string(i),
                                                            .queue = "queue" + std::to_string(i)}});
    const auto ask = [&](std::string target) {
        std::promise<http::Response> promise;
        served.api.handle({.method = "GET", .target = std::move(target)},
                          [&](http::Response response) { promise.set_value(std::move(response)); });
        return promise.get_future().get();
    };
    const auto held = ask("/v1/big");
    CHECK(held.status == 200);
    CHECK(ask("/v1/big").status == 503);
    const auto metrics = ask("/metrics");
    CHECK(metrics.status == 200);
    CHECK(std::get<std::string>(metrics.body).size() > 16 * 1024);
}

TEST_CASE("an owner that does not read holds at most a quarter of the response memory") {
    ServedApi served({.api = {.response_memory_limit = 400'000}});
    add_bytes_routes(served);
    const auto ask = [&](const std::string& owner, int count = 50'000) {
        return response_to(served, owner,
                           {.method = "GET", .target = "/v1/bytes/" + std::to_string(count)});
    };
    std::vector<http::Response> held;
    const auto hold = [&](const std::string& owner) {
        held.push_back(ask(owner));
        return held.back().status;
    };
    CHECK(hold("ann") == 200);
    CHECK(hold("ann") == 200);
    const auto refused = ask("ann");
    CHECK(refused.status == 503);
    CHECK(refused.headers.find("Retry-After") != nullptr);
    const auto problem = boost::json::parse(std::get<std::string>(refused.body));
    CHECK(text_at(problem, "code") == "overloaded");
    CHECK(text_at(problem, "detail") == "too many large responses for this owner are being sent");
    CHECK(ask("ann", 1'000).status == 200);
    for (const std::string owner : {"bob", "cid", "dan"})
        for (int i = 0; i < 2; ++i) CHECK(hold(owner) == 200);
    const auto full = boost::json::parse(std::get<std::string>(ask("eve").body));
    CHECK(text_at(full, "detail") == "too many large responses are being sent");
    held.erase(held.begin());
    CHECK(hold("eve") == 200);
    CHECK(ask("ann").status == 503);
    held.clear();
    CHECK(ask("ann").status == 200);
}

TEST_CASE("an owner may hold one response larger than a quarter without delaying others") {
    ServedApi served({.api = {.response_memory_limit = 400'000}});
    add_bytes_routes(served);
    const auto ask = [&](const std::string& owner, int count) {
        return response_to(served, owner,
                           {.method = "GET", .target = "/v1/bytes/" + std::to_string(count)});
    };
    for (const int size : {390'000, 900'000}) {
        CAPTURE(size);
        const auto held = ask("ann", size);
        CHECK(held.status == 200);
        CHECK(ask("ann", 20'000).status == 503);
        const auto bob = ask("bob", 100'000), cid = ask("cid", 100'000), dan = ask("dan", 100'000);
        CHECK(bob.status == 200);
        CHECK(cid.status == 200);
        CHECK(dan.status == 200);
        CHECK(ask("eve", 20'000).status == 503);
        CHECK(ask("eve", 150'000).status == 503);
    }
    CHECK(ask("ann", 900'000).status == 200);
}

TEST_CASE("an anonymous caller's response memory is counted by address") {
    ServedApi served({.api = {.response_memory_limit = 400'000}});
    add_bytes_routes(served);
    const auto ask = [&](std::string address) {
        return response_to(
            served, "",
            {.method = "GET", .target = "/v1/open/90000", .remote_address = std::move(address)});
    };
    const auto held = ask("2001:db8:0:1::1");
    CHECK(held.status == 200);
    CHECK(ask("2001:db8:0:1::2").status == 503);
    CHECK(ask("2001:db8:0:2::1").status == 200);
    CHECK(ask("192.0.2.1").status == 200);
}

TEST_CASE("one owner's connections that do not read leave response memory to others") {
    constexpr int size = 16 * 1024 * 1024;
    ServedApi served({.api = {.response_memory_limit = std::size_t{8} * size}});
    add_bytes_routes(served);
    const auto huge = "GET /v1/bytes/" + std::to_string(size);
    const auto await_responses = [&](int count) {
        const auto line = "\nasyncjobs_http_response_bytes " + std::to_string(count * size) + "\n";
        while (served.ask("GET /metrics", "").body.find(line) == std::string::npos)
            std::this_thread::yield();
    };
    {
        auto first = served.connect(), second = served.connect();
        first.send(ServedApi::request(huge, "ann"));
        second.send(ServedApi::request(huge, "ann"));
        await_responses(2);
        for (int i = 0; i < 10; ++i) CHECK(served.ask(huge, "ann").status == 503);
        CHECK(served.ask(huge, "bob").status == 200);
    }
    await_responses(0);
    CHECK(served.ask(huge, "ann").status == 200);
}

TEST_CASE("one owner's large events leave memory to others, and end its stream") {
    ServedApi served({.api = {.response_memory_limit = 400'000}});
    add_bytes_routes(served);
    const auto held = response_to(served, "ann", {.method = "GET", .target = "/v1/bytes/90000"});
    for (const std::string owner : {"ann", "bob"}) {
        const auto id = served.submit(owner);
        auto stream = served.connect();
        stream.send(
            ServedApi::request("GET " + path_of(id, "/events"), owner, "Connection: close\r\n"));
        served.complete('"' + std::string(50'000, 'x') + '"');
        CHECK((stream.receive_rest().find("job.completed") != std::string::npos) ==
              (owner == "bob"));
    }
}
