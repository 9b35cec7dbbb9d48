#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace asyncjobs;

namespace {

/// Records the members whose calls pass through it.
class RecordingStore final : public InterceptingJobStore<RecordingStore, ForwardingJobStore> {
public:
    using InterceptingJobStore::InterceptingJobStore;

    std::vector<std::string> members;

private:
    friend InterceptingJobStore;

    auto intercept(std::string_view member, const auto& call) {
        members.emplace_back(member);
        return call(inner());
    }
};

struct InterceptedStore {
    MemoryJobStore inner;
    RecordingStore store{inner};
    NewJob job{.id = JobId::make({}, 0, 1), .type = "test"};
};

TEST_CASE_FIXTURE(InterceptedStore, "each call is intercepted once, with its member's name") {
    store.submit({});
    store.exchange({}, {});
    store.renew({}, std::chrono::minutes{1});
    store.check_leases({});
    store.leases_of("worker");
    store.rescue(0, 1);
    store.promote(0);
    store.purge(0);
    store.tombstone_owner(job.id);
    store.find({});
    store.find_summaries({});
    store.list({});
    store.cancel(job.id, {});
    store.retry(job.id);
    store.remove(job.id);
    store.workload("queue", "type");
    store.set_paused("queue", false);
    store.set_limit({.name = "limit"});
    store.limits();
    CHECK(store.members == std::vector<std::string>{"submit", "exchange", "renew", "check_leases",
                                                    "leases_of", "rescue", "promote", "purge",
                                                    "tombstone_owner", "find", "find_summaries",
                                                    "list", "cancel", "retry", "remove", "workload",
                                                    "set_paused", "set_limit", "limits"});
}

TEST_CASE_FIXTURE(InterceptedStore, "an intercepted call has the effect and result of the store") {
    CHECK(store.submit({&job, 1}).front().outcome == Submitted::Outcome::created);
    CHECK(inner.find({&job.id, 1}).front().has_value());
    CHECK(store.find({&job.id, 1}).front().has_value());
    store.set_paused(job.queue, true);
    CHECK(inner.workload(job.queue, job.type).paused);
}

TEST_CASE_FIXTURE(InterceptedStore, "members of the base are not intercepted") {
    CHECK(store.capabilities() == StoreCapabilities::all());
    CHECK(&store.notifier() == &inner.notifier());
    CHECK(store.take_clock_notices().empty());
    REQUIRE(store.operators() != nullptr);
    CHECK(store.operators() == inner.operators());
    CHECK(store.operators()->counts().pending == Count{});
    CHECK(store.members.empty());
}

} // namespace
