#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Records the members whose calls pass through it.
class RecordingOperators final
    : public InterceptingJobStore<RecordingOperators, ForwardingJobStore> {
public:
    using InterceptingJobStore::InterceptingJobStore;

    OperatorStore* operators() noexcept override { return &operators_; }

    std::vector<std::string> members = {};

private:
    friend InterceptingJobStore;
    friend InterceptingOperatorStore<RecordingOperators>;

    auto intercept(std::string_view member, const auto& call) {
        members.emplace_back(member);
        return call(inner());
    }

    InterceptingOperatorStore<RecordingOperators> operators_{*this};
};

struct InterceptedOperators {
    MemoryJobStore inner = {};
    RecordingOperators store{inner};
    OperatorStore& operators = *store.operators();
    WorkerHeartbeat heartbeat{
        .report = {.worker = "w", .concurrency = 1, .next_within = 1min}, .run = 1, .number = 1};
};

TEST_CASE_FIXTURE(InterceptedOperators,
                  "each call of an operator is intercepted once, with its member's name") {
    operators.counts();
    operators.queues("", 1);
    operators.search({});
    operators.why({});
    operators.cancel({}, {});
    operators.retry({});
    operators.remove({});
    operators.heartbeat(heartbeat);
    operators.workers("", 1);
    operators.order("w", {.quiet = true}, 1min);
    operators.history({});
    operators.record({.id = JobId::make({}, 0, 1), .who = "ann", .action = "pause"});
    operators.audit({});
    operators.purge(1);
    CHECK(store.members ==
          std::vector<std::string>{"operators.counts", "operators.queues", "operators.search",
                                   "operators.why", "operators.cancel", "operators.retry",
                                   "operators.remove", "operators.heartbeat", "operators.workers",
                                   "operators.order", "operators.history", "operators.record",
                                   "operators.audit", "operators.purge"});
}

TEST_CASE_FIXTURE(InterceptedOperators,
                  "an intercepted call of an operator has the effect and result of the store") {
    operators.heartbeat(heartbeat);
    CHECK(inner.operators()->workers("", 1).workers.size() == 1);
    CHECK(operators.workers("", 1).workers.size() == 1);
    CHECK(operators.order("w", {.quiet = true}, 1min));
    CHECK_FALSE(operators.order("another", {.quiet = true}, 1min));
}

} // namespace
