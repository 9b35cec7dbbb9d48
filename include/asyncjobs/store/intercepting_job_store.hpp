#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Passes every call that reads or writes jobs, queues or limits to one function of `Derived`:
///
///     auto intercept(std::string_view member, const auto& call);
///
/// `member` is the name of the called member: `"submit"`, for example. `call(store)` makes the call
/// on another JobStore; intercept() returns its result, which is std::monostate{} for a member
/// without one. If intercept() is private, `Derived` declares `friend InterceptingJobStore;`.
///
/// `Base` has the other members: capabilities(), take_clock_notices(), interrupt(), notifier() and
/// operators(), whose calls are not intercepted: see InterceptingOperatorStore.
template <typename Derived, typename Base = JobStore>
class ASYNCJOBS_VISIBLE InterceptingJobStore : public Base {
public:
    using Base::Base;

    // Doxygen does not find the comments of JobStore through `Base`.
    /// @cond
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        return pass("submit", [&](auto& store) { return store.submit(jobs); });
    }
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        return pass("exchange", [&](auto& store) { return store.exchange(settlements, request); });
    }
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        return pass("renew", [&](auto& store) { return store.renew(heartbeats, lease_for); });
    }
    std::vector<Renewal> check_leases(std::span<const LeaseRef> leases) override {
        return pass("check_leases", [&](auto& store) { return store.check_leases(leases); });
    }
    std::vector<ClaimedJob> leases_of(std::string_view worker) override {
        return pass("leases_of", [&](auto& store) { return store.leases_of(worker); });
    }
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        return pass("rescue", [&](auto& store) { return store.rescue(limit, crash_limit); });
    }
    std::vector<Promoted> promote(std::size_t limit) override {
        return pass("promote", [&](auto& store) { return store.promote(limit); });
    }
    std::size_t purge(std::size_t limit) override {
        return pass("purge", [&](auto& store) { return store.purge(limit); });
    }
    std::optional<std::string> tombstone_owner(const JobId& id) override {
        return pass("tombstone_owner", [&](auto& store) { return store.tombstone_owner(id); });
    }
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        return pass("find", [&](auto& store) { return store.find(ids); });
    }
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        return pass("find_summaries", [&](auto& store) { return store.find_summaries(ids); });
    }
    JobPage list(const JobQuery& query) override {
        return pass("list", [&](auto& store) { return store.list(query); });
    }
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override {
        return pass("cancel", [&](auto& store) { return store.cancel(id, cancellation); });
    }
    RetryOutcome retry(const JobId& id) override {
        return pass("retry", [&](auto& store) { return store.retry(id); });
    }
    RemoveOutcome remove(const JobId& id) override {
        return pass("remove", [&](auto& store) { return store.remove(id); });
    }
    Workload workload(std::string_view queue, std::string_view type) override {
        return pass("workload", [&](auto& store) { return store.workload(queue, type); });
    }
    void set_paused(std::string_view queue, bool paused) override {
        pass("set_paused", [&](auto& store) {
            store.set_paused(queue, paused);
            return std::monostate{};
        });
    }
    void set_limit(const Limit& limit) override {
        pass("set_limit", [&](auto& store) {
            store.set_limit(limit);
            return std::monostate{};
        });
    }
    std::vector<Limit> limits() override {
        return pass("limits", [&](auto& store) { return store.limits(); });
    }
    /// @endcond

private:
    auto pass(std::string_view member, const auto& call) {
        return static_cast<Derived*>(this)->intercept(member, call);
    }
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
