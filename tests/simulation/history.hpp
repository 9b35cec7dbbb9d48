#pragma once

#include "limit_watch.hpp"
#include "tally_watch.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace simulation {

/// Observes every call that reaches a store, keeps its own account of each job's expected state,
/// and records results that break a promise.
class History final : public asyncjobs::ForwardingJobStore {
public:
    using Clock = std::function<asyncjobs::Timestamp()>;
    using OnRescue = std::function<void(const asyncjobs::LeaseRef&, asyncjobs::Timestamp ran_out)>;

    History(asyncjobs::JobStore& inner, Clock clock, int crash_limit, OnRescue on_rescue);

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override;
    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override;
    std::vector<asyncjobs::Renewal> renew(std::span<const asyncjobs::Heartbeat> heartbeats,
                                          asyncjobs::Duration lease_for) override;
    std::vector<asyncjobs::Rescued> rescue(std::size_t limit, int crash_limit) override;
    std::vector<asyncjobs::Promoted> promote(std::size_t limit) override;
    asyncjobs::CancelOutcome cancel(const asyncjobs::JobId& id,
                                    const asyncjobs::Cancellation& cancellation) override;
    void set_limit(const asyncjobs::Limit& limit) override;

    void violate(const std::string& what) { violations_.push_back(what); }
    const std::vector<std::string>& violations() const { return violations_; }

    TallyWatch& tallies() { return tallies_; }

    /// Compares the store's final state with the account: nothing lost, everything finished.
    void check_end(const std::vector<asyncjobs::JobId>& acknowledged);
    /// See TallyWatch::compare().
    void check_tallies(asyncjobs::Duration may_lose);

private:
    struct Account {
        asyncjobs::JobStatus status = asyncjobs::JobStatus::pending;
        std::int64_t fence = 0;
        int attempt = 0;
        int crashes = 0;
        int finishes = 0;
        bool cancel_requested = false;
        bool claimed_ahead = false; ///< and its start is not reported
        bool lost_ahead = false;
        asyncjobs::Timestamp lease_until = {};
        std::vector<asyncjobs::JobId> parents = {};
    };

    void on_submitted(const asyncjobs::NewJob& job, const asyncjobs::Submitted& submitted);
    bool is_current(const asyncjobs::LeaseRef& lease) const;
    void expect(bool holds, const asyncjobs::JobId& id, const std::string& rule);
    void finish(Account& account, const asyncjobs::JobId& id, asyncjobs::JobStatus status);
    void on_settled(const asyncjobs::Settlement& settlement, const asyncjobs::Settled& settled);
    std::ptrdiff_t unfinished_parents(const Account& account);
    void on_claimed(const asyncjobs::ClaimedJob& job, const asyncjobs::ClaimRequest& request);

    const Clock clock_;
    const int crash_limit_;
    const OnRescue on_rescue_;
    std::unordered_map<asyncjobs::JobId, Account> accounts_;
    std::unordered_map<std::string, asyncjobs::JobId> firsts_; ///< by idempotency key
    LimitWatch limits_;
    TallyWatch tallies_;
    std::vector<std::string> violations_;
};

} // namespace simulation
