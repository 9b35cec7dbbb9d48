#pragma once

#include "conformance_check.hpp"

#include <asyncjobs/store/limit_buckets.hpp>
#include <asyncjobs/store/operator_store.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

bool is_blocked(const Job& job);
Duration interval_of(const Limit& limit); ///< between two starts of a rate
Duration burst_time(const Limit& limit);  ///< of so many starts as a burst
void expect_claimed(const ClaimedJob& found, const ClaimedJob& expected);

/// A store without cleverness: transitions, a map of all jobs, and a look at each of them in each
/// call. It takes what a store returned, throws ConformanceFailure if the contract does not allow
/// that, and follows the store where the contract leaves a choice.
class Model {
public:
    struct Entry {
        StoredJob job;
        std::vector<JobId> parents;  ///< by id, removed ones, too
        std::set<JobId> uncounted;   ///< parents that blocked_by still counts
        bool has_head_start = false; ///< for sure; otherwise it may have it
        bool was_claimed = false;
        std::set<std::string> reported;     ///< limits that were named as keeping it from starting
        bool may_be_reported = false;       ///< in a result that was lost
        bool may_have_waited = false;       ///< for a limit, and may have another place since
        std::set<std::string> holds;        ///< buckets of a concurrency
        std::optional<Timestamp> passed_on; ///< when a worker's own limit kept it from starting
        std::optional<Timestamp> was_due; ///< run_at, which had come before the clock was set back
    };
    using Entries = std::map<JobId, Entry>;
    /// Reads a job from the store, to learn what it chose.
    using Read = std::function<std::optional<Job>(const JobId&)>;

    Model(bool claims_may_lag, bool sweeps_may_lag)
        : claims_may_lag_(claims_may_lag), sweeps_may_lag_(sweeps_may_lag) {}

    const Entries& entries() const noexcept { return entries_; }
    const std::set<JobId>& gone() const noexcept { return gone_; }
    const std::set<std::string>& paused() const noexcept { return paused_; }

    // Each takes the store's result; null: it was lost.
    void submit(std::span<const NewJob> jobs, const std::vector<Submitted>* found, Timestamp now);
    void exchange(std::span<const Settlement> settlements, const ClaimRequest& request,
                  const Exchange* found, Timestamp now);
    /// After an exchange whose result was lost: what the worker holds now.
    void claimed_unseen(const ClaimRequest& request, const std::vector<ClaimedJob>& held,
                        Timestamp now);
    void renew(std::span<const Heartbeat> heartbeats, Duration lease_for,
               const std::vector<Renewal>* found, Timestamp now);
    void check_leases(std::span<const LeaseRef> leases, const std::vector<Renewal>& found) const;
    void leases_of(std::string_view worker, std::vector<ClaimedJob> found) const;
    void rescue(std::size_t limit, int crash_limit, const std::vector<Rescued>& found,
                Timestamp now);
    /// One of the calls that are made until one returns none.
    void promote(std::size_t limit, const std::vector<Promoted>& found, const Read& read,
                 Timestamp now);
    void purge(std::size_t limit, std::size_t found, const Read& read, Timestamp now);
    void tombstone_owner(const JobId& id, const std::optional<std::string>& found,
                         Timestamp now) const;
    void find(std::span<const JobId> ids, const std::vector<std::optional<Job>>& found) const;
    void find_summaries(std::span<const JobId> ids,
                        const std::vector<std::optional<Job>>& found) const;
    void list(const JobQuery& query, const JobPage& found) const;
    void cancel(const JobId& id, const Cancellation& cancellation, const CancelOutcome* found,
                Timestamp now);
    void retry(const JobId& id, const RetryOutcome* found, Timestamp now);
    void run_now(const JobId& id, RunNowOutcome found, Timestamp now);
    void remove(const JobId& id, const RemoveOutcome* found, Timestamp now);
    void workload(std::string_view queue, std::string_view type, const Workload& found,
                  Timestamp now) const;
    void set_paused(const std::string& queue, bool paused);
    void set_limit(const Limit& limit);
    void limits(const std::vector<Limit>& found) const;
    void counts(const StatusCounts& found) const;
    void queues(std::string_view after, std::size_t limit, const QueuePage& found,
                Timestamp now) const;
    /// Takes the jobs of all pages.
    void search(const JobSearch& search, const std::vector<Job>& found) const;
    void why(const JobId& id, const std::optional<JobWait>& found, Timestamp now) const;
    /// How far the store's clock was set back since calls that showed it.
    struct SetBack {
        Duration most = {};  ///< since any call
        Duration least = {}; ///< since a call in which the store must have read it
    };
    /// From `before` to `now`; each object has noticed it, if it has to. Returns whether the store
    /// follows it.
    bool clock_was_set_back(Timestamp before, const SetBack& back, const Read& read, Timestamp now);

    bool is_due(const Entry& entry, Timestamp now) const;
    /// As is_due(), or it may be, after the clock was set back.
    bool may_be_due(const Entry& entry, Timestamp now) const;
    /// The next time at which something becomes due, ends or expires; empty: none.
    std::optional<Timestamp> next_time(Timestamp now) const;

private:
    using Place = std::pair<Timestamp, JobId>;
    struct Claim;
    struct Tombstone {
        std::string owner;
        Timestamp earliest_end, latest_end;
    };
    struct Starts {
        std::vector<Timestamp> all;
        Timestamp last = {}; ///< or when a wait for the next one has begun since
    };

    Entry* entry(const JobId& id);
    const Entry* entry(const JobId& id) const;
    Submitted submit(const NewJob& wanted, const std::vector<JobId>& parents,
                     const Submitted* found, Timestamp now);
    Submitted conflict(Entry& holder, const NewJob& wanted, Submitted::Outcome outcome,
                       Timestamp now);
    void ended(Entry& entry);
    void forget(const JobId& id);
    std::vector<Limit> all_limits() const; ///< by name

    // Claims (differential_model_claim.cpp).
    void check_claims(const Exchange& found, const ClaimRequest& request, Timestamp now);
    std::vector<LimitedBy> limits_on(const Job& job, const Claim& claim) const;
    void take(Entry& entry, const ClaimedJob& found, const Claim& claim);
    void check_claimable(const ClaimedJob& found, const Claim& claim) const;
    void check_order(const std::vector<ClaimedJob>& found, const Claim& claim) const;
    void check_passed_over(const Exchange& found, const Claim& claim) const;
    bool is_kept_back(const Entry& entry, const Claim& claim) const;
    void check_reports(const Exchange& found, const Claim& claim);
    void begin_waits(const Claim& claim);
    Duration behind_the_queue() const;
    void check_limits(const std::vector<ClaimedJob>& found, const Claim& claim) const;
    void check_next_due(const Exchange& found, const Claim& claim) const;
    Place earliest_place(const Entry& entry) const;
    Place latest_place(const Entry& entry) const;

    // Leases (differential_model_leases.cpp) and sweeps (differential_model_sweeps.cpp).
    void settle(std::span<const Settlement> settlements, const Exchange* found, Timestamp now);
    std::set<JobId> finished_parents(const Entry& child) const;
    bool needs_promotion() const;
    void count_parents(Entry& child, const std::set<JobId>& parents, const Job* unsuccessful,
                       Timestamp now);
    void promote(const Promoted& one, const Read& read, Timestamp now);

    // The clock (differential_model_clock.cpp).
    std::optional<Duration> followed_by(const Read& read, Timestamp now) const;
    void follow_clock(Duration by, Timestamp now);
    void forget_starts(Timestamp before, Timestamp now);

    // Lookups (differential_model_reads.cpp).
    Job shown(const Entry& entry, const Job& found) const;

    // What operators ask (differential_model_operators.cpp).
    void expect_counted(const Count& found, std::uint64_t expected, bool may_lag,
                        const std::string& what) const;
    void check_queue(const QueueState& found, Timestamp now) const;
    bool is_found_by(const Entry& entry, const JobSearch& search) const;
    void check_order_of_claims(const std::vector<Job>& found) const;
    void check_before(const Entry& entry, const Count& found, Timestamp now) const;

    const bool claims_may_lag_, sweeps_may_lag_;
    Entries entries_;
    std::set<JobId> gone_;
    std::map<JobId, std::int64_t> fences_; ///< the highest that each id has had
    std::map<JobId, Tombstone> tombstones_;
    std::map<std::string, std::vector<Duration>> runs_; ///< by type
    std::set<std::string> paused_;
    std::map<std::string, Limit> limits_;
    bool has_had_limits_ = false;
    std::map<std::string, Starts> starts_; ///< by bucket of a rate
    bool was_set_back_ = false;            ///< the clock
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
