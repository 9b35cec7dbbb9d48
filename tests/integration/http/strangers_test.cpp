#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

/// The whole response without what differs between any two: the request's id and the date.
std::string without_chance(const RawResponse& response) {
    std::string text = response.head + response.body;
    const auto cut = [&](std::string_view begin, std::size_t length) {
        const auto at = text.find(begin);
        if (at != std::string::npos) text.erase(at, begin.size() + length);
    };
    cut("urn:uuid:", 36);
    cut("Date: ", 29);
    return text;
}

} // namespace

TEST_CASE("another owner's job, an unknown id and a malformed one get the same bytes") {
    ServedApi served;
    const auto bobs = served.submit("bob");
    const auto finished = served.submit("bob");
    served.client.cancel(finished);
    const std::string unknown = "job-20250108-00000000000000000000000000";
    const std::pair<std::string, std::string> actions[] = {
        {"GET ", ""},         {"GET ", "/result"}, {"DELETE ", ""},
        {"POST ", "/cancel"}, {"POST ", "/retry"},
    };
    for (const auto& action : actions) {
        CAPTURE(action.first + action.second);
        const auto ask = [&](std::string_view id) {
            return served.ask(action.first + "/v1/jobs/" + std::string(id) + action.second);
        };
        const auto expected = ask(unknown);
        CHECK(expected.status == 404);
        for (const std::string& id : {std::string(bobs.text()), std::string(finished.text()),
                                      std::string("x"), std::string("JOB-1"), unknown + "0"}) {
            CAPTURE(id);
            const auto response = ask(id);
            CHECK(without_chance(response) == without_chance(expected));
            CHECK(response.body.size() == expected.body.size());
        }
    }
    CHECK(served.client.find(bobs)->status == JobStatus::pending);
    CHECK(served.client.find(finished));
}

TEST_CASE("each problem names its own request") {
    ServedApi served;
    const auto first = text_at(json_of(served.ask("GET /v1/jobs/x")), "instance");
    const auto second = text_at(json_of(served.ask("GET /v1/jobs/x")), "instance");
    CHECK(first.starts_with("urn:uuid:"));
    CHECK(first != second);
}

TEST_CASE("without valid credentials every route under the prefix gets 401") {
    ServedApi served;
    const auto id = served.submit("ann");
    for (const std::string line :
         {"GET /v1/jobs", "GET /v1/jobs/x", "POST /v1/reports/sales", "POST /v1/jobs"}) {
        CAPTURE(line);
        const auto response = served.ask(line, "");
        CHECK(response.status == 401);
        CHECK(response.header("WWW-Authenticate") == "Bearer");
    }
    CHECK(served.ask("GET " + path_of(id), "", "Authorization: Basic YTpi\r\n").status == 401);
}

TEST_CASE("a 401 has invalid_token only if a token was sent") {
    ServedApi served({.api = {.authenticator = [](const http::Request&) {
                          return std::optional<http::Principal>();
                      }}});
    const auto challenge = [&](std::string_view who, std::string_view fields = {}) {
        const auto response = served.ask("GET /v1/jobs", who, fields);
        CHECK(response.status == 401);
        return response.header("WWW-Authenticate");
    };
    CHECK(challenge("ann") == R"(Bearer error="invalid_token")");
    CHECK(challenge("") == "Bearer");
    CHECK(challenge("", "Authorization: Basic YTpi\r\n") == "Bearer");
}

TEST_CASE("an authenticator's Problem is the response") {
    ServedApi served(
        {.api = {.authenticator = [](const http::Request&) -> std::optional<http::Principal> {
             throw http::Problem(401, "unauthenticated", "this needs an API key")
                 .with_header("WWW-Authenticate", "ApiKey");
         }}});
    const auto response = served.ask("GET /v1/jobs");
    CHECK(response.status == 401);
    CHECK(response.header("WWW-Authenticate") == "ApiKey");
    CHECK(text_at(json_of(response), "detail") == "this needs an API key");
}

TEST_CASE("an authenticator's exception is a 500 without its text") {
    ServedApi served;
    const auto response = served.ask("GET /v1/jobs", "broken");
    CHECK(response.status == 500);
    CHECK(response.body.find("hunter2") == std::string::npos);
}

TEST_CASE("an API without an authenticator must set allow_anonymous") {
    MemoryJobStore store;
    Client client(store);
    CHECK_THROWS_AS(http::JobApi(client, {}), Error);
    CHECK_THROWS_AS(
        http::JobApi(client, {.authenticator = bearer_is_name, .allow_anonymous = true}), Error);
    CHECK_NOTHROW(http::JobApi(client, {.allow_anonymous = true}));
    ServedApi served({.api = {.allow_anonymous = true}});
    CHECK(served.post("/v1/notes", "1", "").status == 202);
    CHECK(json_of(served.ask("GET /v1/jobs", "")).at("jobs").as_array().size() == 1);
}

TEST_CASE("an authenticator's principal without a valid owner is a 500") {
    ServedApi served({.api = {.authenticator = [](const http::Request&) {
                          return std::optional(http::Principal{});
                      }}});
    served.submit("");
    CHECK(served.ask("GET /v1/jobs").status == 500);
}

TEST_CASE("an IPv4 client has the same address whatever the server listens at") {
    ServedApi served({.api = {.allow_anonymous = true,
                              .trusted_proxies = {"192.0.2.7"},
                              .submits_per_owner = 1,
                              .submits_period = std::chrono::hours{1}}});
    served.api.route("GET", "/who", [](const http::Call& call) {
        return http::Response{.body =
                                  call.request.remote_address + ' ' + call.request.client_address};
    });
    const auto ask = [&](std::string method, std::string target, std::string from,
                         std::string forwarded = {}) {
        http::Request request{.method = std::move(method),
                              .target = std::move(target),
                              .headers = {{"Content-Type", "application/json"}},
                              .body = "1",
                              .remote_address = std::move(from)};
        if (!forwarded.empty()) request.headers.add("X-Forwarded-For", std::move(forwarded));
        std::promise<http::Response> promise;
        served.api.handle(std::move(request),
                          [&](http::Response response) { promise.set_value(std::move(response)); });
        return promise.get_future().get();
    };
    CHECK(std::get<std::string>(ask("GET", "/v1/who", "::ffff:192.0.2.1").body) ==
          "192.0.2.1 192.0.2.1");
    CHECK(
        std::get<std::string>(ask("GET", "/v1/who", "::ffff:192.0.2.7", "::ffff:192.0.2.9").body) ==
        "192.0.2.7 192.0.2.9");
    CHECK(ask("POST", "/v1/notes", "192.0.2.1").status == 202);
    CHECK(ask("POST", "/v1/notes", "::ffff:192.0.2.1").status == 429);
    CHECK(ask("POST", "/v1/notes", "::ffff:192.0.2.2").status == 202);
}
