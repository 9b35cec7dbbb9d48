#pragma once

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <functional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// A store whose calls fail according to a plan, before or after the inner store has acted.
///
/// Thread-safety  As the inner store's, if the plan's is.
/// Ownership      Borrows `inner`.
class ASYNCJOBS_TESTING_DECL FaultyJobStore final : public ForwardingJobStore {
public:
    /// What happens to a call.
    enum class Fault {
        none,
        unavailable, ///< throws Errc::store_unavailable; nothing happened
        busy,        ///< throws Errc::store_busy; nothing happened
        failure,     ///< throws Errc::store_failure; nothing happened
        full,        ///< throws Errc::store_full; nothing happened
        reply_lost,  ///< it happened; throws Errc::unknown_outcome
        lost_before, ///< nothing happened; throws Errc::unknown_outcome, too
    };

    /// Called once per call, with the name of the member called: `submit`, `exchange`, ...
    using Plan = std::function<Fault(std::string_view member)>;

    FaultyJobStore(JobStore& inner, Plan plan);

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override;
    std::vector<Renewal> check_leases(std::span<const LeaseRef> leases) override;
    std::vector<ClaimedJob> leases_of(std::string_view worker) override;
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override;
    std::vector<Promoted> promote(std::size_t limit) override;
    std::size_t purge(std::size_t limit) override;
    std::optional<std::string> tombstone_owner(const JobId& id) override;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override;
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override;
    JobPage list(const JobQuery& query) override;
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override;
    RetryOutcome retry(const JobId& id) override;
    RemoveOutcome remove(const JobId& id) override;
    Workload workload(std::string_view queue, std::string_view type) override;
    void set_paused(std::string_view queue, bool paused) override;
    void set_limit(const Limit& limit) override;
    std::vector<Limit> limits() override;

private:
    template <typename Call>
    auto attempt(std::string_view member, Call call);

    Plan plan_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
