#include "operator_api.hpp"

#include <asyncjobs/executor.hpp>
#include <asyncjobs/operations/bulk.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>

#include <atomic>
#include <random>

using namespace operator_test;

namespace {

using asyncjobs::testing::FaultyJobStore;
using Fault = FaultyJobStore::Fault;

/// An API whose bulk actions run when the test wants them to.
struct BulkApi : OperatorApi {
    using OperatorApi::OperatorApi;

    http::Response start(const std::string& action, const std::string& filter,
                         const std::string& more = {}) {
        return post("/bulk", R"({"action": ")" + action + R"(", "filter": )" + filter + more + "}");
    }
    std::string started(const std::string& action, const std::string& filter) {
        const auto response = start(action, filter);
        REQUIRE(response.status == 202);
        return std::string(document(response).at("job_id").as_string());
    }
    /// Runs all actions; returns the document of one.
    boost::json::value run(const std::string& id) {
        Executor executor(jobs(), {.queues = {"operators"}});
        operations::run_bulk_actions_on(executor, client, jobs());
        executor.start();
        client.wait(*JobId::parse(id), std::chrono::minutes{1});
        executor.stop();
        return document(get("/bulk/" + id));
    }

    std::vector<JobId> failed(int count, const std::string& code) {
        std::vector<JobId> ids;
        for (int i = 0; i < count; ++i) {
            ids.push_back(submit({.max_attempts = 1}));
            fail_next(code);
        }
        return ids;
    }
    JobStatus status(const JobId& id) { return client.find(id)->status; }
};

} // namespace

TEST_CASE("a bulk action retries what failed with one code, and nothing else") {
    BulkApi api;
    const auto wanted = api.failed(3, "E7005");
    const auto others = api.failed(2, "E1");
    const auto id = api.started("retry", R"({"error_code": "E7005"})");
    for (const JobId& job : wanted) CHECK(api.status(job) == JobStatus::failed);
    const auto action = api.run(id);
    CHECK(action.at("status") == "completed");
    CHECK(action.at("result") == boost::json::parse(R"({"changed": 3, "skipped": 0})"));
    CHECK(action.at("who") == "ann");
    CHECK(action.at("found") == boost::json::parse(R"({"value": 3, "precision": "exact"})"));
    CHECK(action.at("message") == "3 changed, 0 skipped");
    for (const JobId& job : wanted) CHECK(api.status(job) == JobStatus::pending);
    for (const JobId& job : others) CHECK(api.status(job) == JobStatus::failed);
    const auto entry = document(api.get("/audit")).at("entries").at(0);
    CHECK(entry.at("action") == "bulk_retry");
    CHECK(entry.at("target").as_string().find("E7005") != std::string_view::npos);
    CHECK(document(api.get("/bulk")).at("actions").at(0).at("job_id").as_string() == id);
}

TEST_CASE("a bulk action cancels and removes as single calls do") {
    BulkApi api;
    const auto pending = api.submit({.queue = "reports"});
    const auto failed = api.failed(1, "E1").front();
    const auto cancel = api.started("cancel", R"({"queue": "reports"})");
    const auto remove = api.started("remove", R"({"queue": "default"})");
    CHECK(api.run(cancel).at("result").at("changed") == 1);
    CHECK(api.run(remove).at("result").at("changed") == 1);
    CHECK(api.status(pending) == JobStatus::cancelled);
    CHECK(!api.client.find(failed));
}

TEST_CASE("a bulk action makes jobs due that wait for their time") {
    BulkApi api;
    const auto due = api.submit({.queue = "reports"});
    const auto later = api.submit({.queue = "reports", .delay = std::chrono::hours{1}});
    const auto other = api.submit({.delay = std::chrono::hours{1}});
    const auto id = api.started("run_now", R"({"queue": "reports"})");
    CHECK(api.run(id).at("result") == boost::json::parse(R"({"changed": 1, "skipped": 1})"));
    const Job changed = *api.client.find(later);
    CHECK(changed.run_at == changed.updated_at);
    const Job left = *api.client.find(other);
    CHECK(left.run_at > left.updated_at);
    CHECK(api.status(due) == JobStatus::pending);
    CHECK(api.start("run_now", R"({"statuses": ["failed"]})").status == 422);
}

TEST_CASE("a bulk action leaves what came after it was started") {
    BulkApi api;
    const auto failed = api.failed(3, "E1");
    const auto retry = api.started("retry", R"({"error_code": "E1"})");
    const auto cancel = api.started("cancel", R"({"queue": "reports"})");
    api.client.retry(failed[1]);
    api.fail_next("E1"); // again: not the failure that the operator saw
    const auto late = api.submit({.queue = "reports"});
    CHECK(api.run(retry).at("result") == boost::json::parse(R"({"changed": 2, "skipped": 1})"));
    CHECK(api.status(failed[1]) == JobStatus::failed);
    CHECK(api.run(cancel).at("result") == boost::json::parse(R"({"changed": 0, "skipped": 1})"));
    CHECK(api.status(late) == JobStatus::pending);
}

TEST_CASE("a dry run counts the jobs of a bulk action, and changes nothing") {
    BulkApi api;
    api.failed(3, "E1");
    const auto preview = api.start("retry", R"({"error_code": "E1"})", R"(, "dry_run": true)");
    CHECK(preview.status == 200);
    CHECK(document(preview).at("found") ==
          boost::json::parse(R"({"value": 3, "precision": "exact"})"));
    CHECK(document(api.get("/bulk")).at("actions").as_array().empty());
    CHECK(document(api.get("/audit")).at("entries").as_array().empty());
}

TEST_CASE("a bulk action is refused if other jobs match than were expected") {
    BulkApi api;
    api.failed(20, "E1");
    const auto starts = [&](int expected) {
        return api
            .start("retry", R"({"error_code": "E1"})",
                   ", \"expected\": " + std::to_string(expected))
            .status;
    };
    CHECK(starts(15) == 409);
    CHECK(starts(30) == 409);
    CHECK(starts(20) == 202);
    CHECK(starts(19) == 202);
    CHECK(starts(22) == 202);
}

TEST_CASE("a bulk action that is not fully stated is refused, with what is wrong") {
    BulkApi api;
    const auto pointer = [&](const http::Response& response) {
        CHECK(response.status == 422);
        return std::string(document(response).at("errors").at(0).at("pointer").as_string());
    };
    CHECK(pointer(api.start("explode", R"({"type": "report"})")) == "/action");
    CHECK(pointer(api.start("retry", R"({"statuses": ["pending"]})")) == "/filter/statuses/0");
    CHECK(pointer(api.start("retry", R"({"statuses": ["failed", "late"]})")) ==
          "/filter/statuses/1");
    CHECK(pointer(api.start("retry", R"({"kind": "report"})")) == "/filter/kind");
    CHECK(pointer(api.start("cancel", R"({"type": "asyncjobs.bulk"})")) == "/filter/type");
    CHECK(pointer(api.start("retry", "{}")) == "/all");
    CHECK(api.start("retry", "{}", R"(, "all": true)").status == 202);
    CHECK(pointer(api.post("/bulk", "{}")) == "/action");
}

TEST_CASE("a bulk action needs the right for what it does, and a view of the jobs") {
    BulkApi api({.visible = [](const http::Principal&, std::string_view queue, std::string_view) {
        return queue == "reports";
    }});
    const std::string seen = R"({"queue": "reports", "type": "report"})";
    CHECK(api.start("retry", seen).status == 202);
    CHECK(api.start("retry", R"({"queue": "reports"})").status == 422);
    CHECK(api.start("retry", R"({"queue": "secret", "type": "report"})").status == 404);
    api.rights = operations::admin.without(Right::remove);
    CHECK(api.start("remove", seen).status == 403);
}

TEST_CASE("a bulk action is aborted before it has changed anything") {
    BulkApi api;
    const auto failed = api.failed(1, "E1").front();
    const auto id = api.started("retry", R"({"error_code": "E1"})");
    CHECK(document(api.post("/bulk/" + id + "/abort")).at("outcome") == "cancelled");
    CHECK(api.run(id).at("status") == "cancelled");
    CHECK(api.status(failed) == JobStatus::failed);
    CHECK(api.post("/bulk/" + text(failed) + "/abort").status == 404);
    const auto done = api.started("retry", R"({"error_code": "E1"})");
    api.run(done);
    CHECK(api.post("/bulk/" + done + "/abort").status == 409);
}

TEST_CASE("a bulk action retries each job once, whatever faults the store has") {
    for (unsigned seed = 0; seed < 10; ++seed) {
        CAPTURE(seed);
        MemoryJobStore memory;
        std::mutex mutex;
        std::minstd_rand random(seed + 1);
        std::atomic<bool> is_faulty = false;
        auto faulty = std::make_unique<FaultyJobStore>(memory, [&](std::string_view member) {
            const std::lock_guard lock(mutex);
            if (!is_faulty || !member.starts_with("operators.") || random() % 3 != 0)
                return Fault::none;
            return random() % 2 == 0 ? Fault::reply_lost : Fault::unavailable;
        });
        BulkApi api({}, std::move(faulty));
        const auto failed = api.failed(1'200, "E1");
        const auto id = api.started("retry", R"({"error_code": "E1"})");
        is_faulty = true;
        Executor executor(api.jobs(), {.queues = {"operators"},
                                       .retry = RetryPolicy::fixed(std::chrono::milliseconds{1})});
        operations::run_bulk_actions_on(executor, api.client, api.jobs());
        executor.start();
        const auto done = api.client.wait(*JobId::parse(id), std::chrono::minutes{1});
        is_faulty = false;
        executor.stop();
        REQUIRE(done);
        CHECK(done->status == JobStatus::completed);
        for (const JobId& job : failed) CHECK(api.status(job) == JobStatus::pending);
    }
}
