#include "operator_api.hpp"

#include <atomic>
#include <thread>

using namespace operator_test;

TEST_CASE("the overview counts jobs by status, and queues by what they wait for") {
    OperatorApi api;
    api.submit();
    api.submit({.delay = std::chrono::hours{1}});
    api.submit({.queue = "reports"});
    api.fail_next("E1", "reports");
    const auto overview = document(api.get("/overview"));
    CHECK(overview.at("jobs").at("pending").at("value") == 2);
    CHECK(overview.at("jobs").at("failed").at("value") == 1);
    CHECK(overview.at("jobs").at("failed").at("precision") == "exact");
    REQUIRE(overview.at("queues").as_array().size() == 1);
    const auto& queue = overview.at("queues").at(0);
    CHECK(queue.at("queue") == "default");
    CHECK(queue.at("due").at("value") == 1);
    CHECK(queue.at("scheduled").at("value") == 1);
    CHECK(queue.at("oldest_due_age") == overview.at("oldest_due_age"));
}

TEST_CASE("200 viewers cost the store one reading") {
    MemoryJobStore memory;
    auto counting = std::make_unique<CountingStore>(memory, "counts");
    auto& readings = counting->calls;
    OperatorApi api({.refresh_every = std::chrono::minutes{1}}, std::move(counting));
    CHECK(readings == 0);
    std::vector<std::thread> viewers;
    std::atomic<int> served = 0;
    for (int i = 0; i < 200; ++i)
        viewers.emplace_back([&] {
            api.api.handle({.method = "GET",
                            .target = "/v1/operator/overview",
                            .headers = {{"Authorization", "Bearer ann"}}},
                           [&](const http::Response& response) {
                               if (response.status == 200) ++served;
                           });
        });
    for (auto& viewer : viewers) viewer.join();
    CHECK(served == 200);
    CHECK(readings == 1);
}

TEST_CASE("queues are listed page by page") {
    OperatorApi api;
    for (const char* queue : {"a", "b", "c"}) api.submit({.queue = queue});
    std::vector<std::string> names;
    std::string after;
    for (;;) {
        const auto page = document(api.get("/queues?limit=2" + after));
        for (const auto& queue : page.at("queues").as_array())
            names.emplace_back(queue.at("queue").as_string());
        const auto* next = page.as_object().if_contains("next_after");
        if (!next) break;
        after = "&after=" + std::string(next->as_string());
    }
    CHECK(names == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("operators pause and resume queues") {
    OperatorApi api;
    api.submit();
    CHECK(api.post("/queues/pause", R"({"queue": "default", "reason": "broken printer"})").status ==
          200);
    const auto queue = document(api.get("/queues")).at("queues").at(0).as_object();
    CHECK(queue.contains("paused_since"));
    CHECK(api.post("/queues/resume", R"({"queue": "default"})").status == 200);
    CHECK_FALSE(api.memory.workload("default", "report").paused);
    const auto bad = api.post("/queues/pause", R"({"queue": "a b"})");
    CHECK(bad.status == 422);
    CHECK(api.post("/queues/pause", "{}").status == 422);
}

TEST_CASE("operators set limits, and remove them") {
    OperatorApi api;
    const auto set = [&](const std::string& limit) {
        return api.ask(
            {.method = "PUT", .target = "/limits", .body = R"({"limit": )" + limit + '}'});
    };
    CHECK(set(R"({"name": "few", "type": "report", "concurrency": 2, "scope": "owner"})").status ==
          200);
    const auto limits = api.client.limits();
    REQUIRE(limits.size() == 1);
    CHECK(limits[0].concurrency == 2);
    CHECK(limits[0].scope == LimitScope::owner);
    const auto listed = document(api.get("/limits")).at("limits").at(0).as_object();
    CHECK(listed.at("name") == "few");
    CHECK(listed.at("type") == "report");
    CHECK(set(R"({"name": "few", "scope": "planet"})").status == 422);
    CHECK(set(R"({"name": "few"})").status == 200);
    CHECK(api.client.limits().empty());
}
