#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

TEST_CASE("submits over an owner's quota are refused, and each response has the rest") {
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

TEST_CASE("a repeated request needs no quota") {
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

TEST_CASE("another request with a used key is refused even without quota") {
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

TEST_CASE("an anonymous client is counted by address, or by /64 network of IPv6") {
    MemoryJobStore store;
    Client client(store);
    http::JobApi api(client, {.allow_anonymous = true, .threads = 0, .submits_per_owner = 1});
    api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}});
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
