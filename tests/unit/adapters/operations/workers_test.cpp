#include "operator_api.hpp"

using namespace operator_test;

namespace {

WorkerHeartbeat heartbeat(std::string worker) {
    return {.report = {.worker = std::move(worker),
                       .host = "host",
                       .process = 7,
                       .version = "2.1",
                       .started_at = Timestamp(std::chrono::days{20'000}),
                       .concurrency = 4,
                       .running = 1,
                       .queues = {"default"},
                       .types = {"report"},
                       .next_within = std::chrono::minutes{5}},
            .run = 1,
            .number = 1};
}

} // namespace

TEST_CASE("operators see the workers and their state") {
    OperatorApi api;
    api.memory.operators()->heartbeat(heartbeat("one"));
    const auto worker = document(api.get("/workers")).at("workers").at(0).as_object();
    CHECK(worker.at("worker") == "one");
    CHECK(worker.at("version") == "2.1");
    CHECK(worker.at("state") == "running");
    CHECK(worker.at("types") == boost::json::parse(R"(["report"])"));
    CHECK(document(api.get("/overview")).at("workers").at("running") == 1);
}

TEST_CASE("an order reaches its worker with the next heartbeat") {
    OperatorApi api;
    api.memory.operators()->heartbeat(heartbeat("one"));
    const auto ordered =
        api.post("/workers/order", R"({"worker": "one", "quiet": true, "concurrency": 2})");
    CHECK(document(ordered).at("outcome") == "quiet, concurrency 2");
    const auto worker = document(api.get("/workers")).at("workers").at(0).as_object();
    CHECK(worker.at("pending_order").at("order").at("concurrency") == 2);
    auto next = heartbeat("one");
    next.number = 2;
    const auto orders = api.memory.operators()->heartbeat(next);
    CHECK(orders.order == WorkerOrder{.quiet = true, .concurrency = 2});
}

TEST_CASE("an order that no worker can carry out is refused") {
    OperatorApi api;
    api.memory.operators()->heartbeat(heartbeat("one"));
    CHECK(api.post("/workers/order", R"({"worker": "two", "quiet": true})").status == 404);
    CHECK(api.post("/workers/order", R"({"worker": "one"})").status == 422);
    CHECK(api.post("/workers/order", R"({"worker": "one", "concurrency": 0})").status == 422);
    CHECK(api.post("/workers/order", R"({"worker": "one", "concurrency": 99999})").status == 422);
    CHECK(api.post("/workers/order", R"({"quiet": true})").status == 422);
}

TEST_CASE("operators read how attempts ended") {
    OperatorApi api;
    auto beat = heartbeat("one");
    const auto now = api.memory.operators()->counts().now;
    beat.tallies = {{.key = {.start = start_of(TallyPeriod::minute, now),
                             .queue = "default",
                             .type = "report",
                             .outcome = TallyOutcome::failed,
                             .error_code = "E1"},
                     .count = 3}};
    api.memory.operators()->heartbeat(beat);
    for (const std::string period : {"minute", "hour", "day"}) {
        CAPTURE(period);
        const auto history = document(api.get("/history?period=" + period));
        REQUIRE(history.at("tallies").as_array().size() == 1);
        CHECK(history.at("tallies").at(0).at("count") == 3);
        CHECK(history.at("tallies").at(0).at("error_code") == "E1");
        CHECK(history.at("tallies").at(0).at("ran").at("counts").as_array().size() ==
              history.at("bounds").as_array().size() + 1);
    }
    CHECK(document(api.get("/history?type=mail")).at("tallies").as_array().empty());
    CHECK(api.get("/history?period=year").status == 400);
}

TEST_CASE("everything that operators change is in the audit, with what they were refused") {
    OperatorApi api;
    const auto id = text(api.submit());
    api.post("/jobs/" + id + "/cancel", R"({"reason": "by phone"})");
    api.post("/jobs/" + id + "/cancel");
    api.post("/queues/pause", R"({"queue": "default"})");
    api.post("/workers/order", R"({"worker": "two", "quiet": true})");
    api.get("/overview");
    const auto entries = document(api.get("/audit")).at("entries").as_array();
    REQUIRE(entries.size() == 4);
    const auto is = [&](std::size_t i, std::string_view action, std::string_view target,
                        std::string_view outcome) {
        CHECK(entries[i].at("who") == "ann");
        CHECK(entries[i].at("action").as_string() == action);
        CHECK(entries[i].at("target").as_string() == target);
        CHECK(entries[i].at("outcome").as_string() == outcome);
    };
    is(3, "cancel", id, "cancelled");
    CHECK(entries[3].at("reason") == "by phone");
    is(2, "cancel", id, "already_cancelled");
    is(1, "pause_queue", "default", "paused");
    is(0, "order_worker", "two", "not_found");

    const auto page = document(api.get("/audit?limit=1"));
    const auto rest =
        document(api.get("/audit?before=" + std::string(page.at("next_before").as_string())));
    CHECK(rest.at("entries").as_array().size() == 3);
    CHECK(api.get("/audit?before=7").status == 400);
}

TEST_CASE("a reason that is too long is refused before anything happens") {
    OperatorApi api;
    const auto id = text(api.submit());
    const auto refused =
        api.post("/jobs/" + id + "/cancel", R"({"reason": ")" + std::string(1'001, 'x') + R"("})");
    CHECK(refused.status == 422);
    CHECK(api.client.find(*JobId::parse(id))->status == JobStatus::pending);
    CHECK(document(api.get("/audit")).at("entries").as_array().empty());
}
