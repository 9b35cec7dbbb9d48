#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using testing::FaultyJobStore;
using Fault = FaultyJobStore::Fault;

namespace {

struct FaultyStore {
    MemoryJobStore inner;
    Fault fault = Fault::none;
    std::vector<std::string> asked = {};
    FaultyJobStore store{inner, [this](std::string_view member) {
                             asked.emplace_back(member);
                             return fault;
                         }};
    NewJob job{.id = JobId::make({}, 0, 1), .type = "test"};

    /// The code that a submit throws.
    std::optional<std::error_code> submit() {
        try {
            store.submit({&job, 1});
            return std::nullopt;
        } catch (const Error& error) {
            return error.code();
        }
    }

    bool is_stored() { return inner.find({&job.id, 1}).front().has_value(); }
};

TEST_CASE_FIXTURE(FaultyStore, "a call without a fault is forwarded") {
    CHECK(submit() == std::nullopt);
    CHECK(is_stored());
}

TEST_CASE_FIXTURE(FaultyStore, "a store that is unavailable, busy or full does nothing") {
    for (const auto& [planned, code] :
         {std::pair{Fault::unavailable, Errc::store_unavailable},
          std::pair{Fault::busy, Errc::store_busy}, std::pair{Fault::full, Errc::store_full}}) {
        fault = planned;
        CHECK(submit() == make_error_code(code));
        CHECK_FALSE(is_stored());
    }
}

TEST_CASE_FIXTURE(FaultyStore, "a lost reply leaves it open whether the call happened") {
    fault = Fault::lost_before;
    CHECK(submit() == make_error_code(Errc::unknown_outcome));
    CHECK_FALSE(is_stored());
    fault = Fault::reply_lost;
    CHECK(submit() == make_error_code(Errc::unknown_outcome));
    CHECK(is_stored());
}

TEST_CASE_FIXTURE(FaultyStore, "the plan is called once per call, with the member's name") {
    const JobId id = job.id;
    store.submit({});
    store.exchange({}, {});
    store.renew({}, {});
    store.leases_of("worker");
    store.rescue(0, 1);
    store.purge(0);
    store.find({});
    store.find_summaries({});
    store.list({});
    store.cancel(id, {});
    store.retry(id);
    store.remove(id);
    store.workload("queue", "type");
    store.set_paused("queue", false);
    CHECK(asked == std::vector<std::string>{"submit", "exchange", "renew", "leases_of", "rescue",
                                            "purge", "find", "find_summaries", "list", "cancel",
                                            "retry", "remove", "workload", "set_paused"});
}

TEST_CASE_FIXTURE(FaultyStore, "every member can fail") {
    fault = Fault::busy;
    const JobId id = job.id;
    CHECK_THROWS_AS(store.submit({}), Error);
    CHECK_THROWS_AS(store.exchange({}, {}), Error);
    CHECK_THROWS_AS(store.renew({}, {}), Error);
    CHECK_THROWS_AS(store.leases_of("worker"), Error);
    CHECK_THROWS_AS(store.rescue(0, 1), Error);
    CHECK_THROWS_AS(store.purge(0), Error);
    CHECK_THROWS_AS(store.find({}), Error);
    CHECK_THROWS_AS(store.list({}), Error);
    CHECK_THROWS_AS(store.cancel(id, {}), Error);
    CHECK_THROWS_AS(store.retry(id), Error);
    CHECK_THROWS_AS(store.remove(id), Error);
    CHECK_THROWS_AS(store.workload("queue", "type"), Error);
    CHECK_THROWS_AS(store.set_paused("queue", true), Error);
    CHECK_THROWS_AS(store.operators()->counts(), Error);
}

TEST_CASE_FIXTURE(FaultyStore, "a call of an operator can fail before or after it happened") {
    const WorkerHeartbeat heartbeat{
        .report = {.worker = "w", .concurrency = 1, .next_within = std::chrono::minutes{1}},
        .run = 1,
        .number = 1};
    const auto workers = [&] { return inner.operators()->workers("", 1).workers.size(); };
    fault = Fault::lost_before;
    CHECK_THROWS_AS(store.operators()->heartbeat(heartbeat), Error);
    CHECK(workers() == 0);
    fault = Fault::reply_lost;
    CHECK_THROWS_AS(store.operators()->heartbeat(heartbeat), Error);
    CHECK(workers() == 1);
    CHECK(asked.back() == "operators.heartbeat");
}

} // namespace
