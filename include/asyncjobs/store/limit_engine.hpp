#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/limit_buckets.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

/// For authors of stores: claims under limits.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What a store keeps with a job that a limit has held back, until the job starts or changes.
struct LimitMark {
    std::string waits_in = {};    ///< the bucket in which it is parked; empty: in none
    std::string admitted_by = {}; ///< the bucket of a round robin that has admitted it, likewise
    /// The limits that were reported to throttle it, each followed by `=`, which no name contains.
    std::string reported = {};

    bool empty() const noexcept { return reported.empty() && admitted_by.empty(); }
    friend bool operator==(const LimitMark&, const LimitMark&) = default;
};

/// A pending job that a claim may start.
struct LimitCandidate : LimitedJob {
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    std::optional<std::string> limit_key = {};
    Timestamp created_at = {};
    std::int64_t revision = 0; ///< of the job as it was found; only the port uses it
    LimitMark mark = {};
    bool is_due = false; ///< found by LimitPort::find_due()

    /// What LimitPort::apply() does with the job.
    enum class Decision {
        none,  ///< nothing: the claim did not come to it
        start, ///< claims it; its mark goes
        park,  ///< lets it wait in the bucket `next.waits_in`, with its present place
        queue, ///< lets it wait in its queue: its turn in a round robin has come
    };
    std::vector<LimitedBy> limits = {}; ///< that apply to it
    Decision decision = Decision::none;
    LimitMark next = {}; ///< if it is not started
    /// If it is not started: when it is due; never_due until its bucket admits it.
    Timestamp run_at = {};
};

/// The state of a bucket, as a store keeps it.
struct StoredBucket : LimitBucket {
    /// When a claim must look at it, because a parked job may start; never_due: no claim need.
    Timestamp due_at = never_due;
    bool is_read = false; ///< by LimitPort::read() or begin()
};

/// The buckets of a claim, by name.
using LimitBuckets = std::map<std::string, StoredBucket>;

/// A bucket with free slots.
struct OpenBucket {
    std::string name;
    std::size_t count = 0;                   ///< jobs that it may admit
    std::vector<LimitCandidate> parked = {}; ///< the first of them, at most `count`
};

/// The rows that a LimitEngine reads and writes in a claim: implement it to give a store limits.
/// All calls belong to one transaction, and to one claim of some queues; nothing else changes these
/// rows meanwhile. Each call needs one round trip to a server, apply() and save() a second at most.
///
/// Besides the limits, a store keeps the buckets (LimitBucket and `due_at`), a LimitMark of each
/// job held back, and which bucket each processing job holds a slot in. When such a job ends its
/// run, its slots become free and their buckets due. When a job changes otherwise, its mark goes,
/// and the buckets named in it become due.
class ASYNCJOBS_DECL LimitPort {
public:
    virtual ~LimitPort() = default;

    /// Returns the buckets whose `due_at` has come, earliest first. May add buckets that it has
    /// read to `buckets`.
    virtual std::vector<std::string> begin(LimitBuckets& buckets) = 0;

    /// The latest time that apply() gave to a job to let it wait in its queue, of all claims:
    /// needed by a store whose clock may stand still.
    virtual Timestamp back_of_queue() { return {}; }

    /// Reads the buckets in `names`, and those of the limits that apply to `jobs`, into `buckets`;
    /// not those that were read before. Completes the jobs that are due by their marks: one that is
    /// parked has its place in its bucket.
    virtual void read(std::span<LimitCandidate> jobs, const std::set<std::string>& names,
                      LimitBuckets& buckets) = 0;

    /// Whether jobs of any queue are parked in them: sets `has_waiting`, or leaves it.
    virtual void find_waiting(const std::set<std::string>& names, LimitBuckets& buckets) = 0;

    /// Finds the first parked jobs of each bucket, in the order of their places, among the queues
    /// of the claim. Of these, only the members that apply() needs must be set.
    virtual void find_parked(std::span<OpenBucket> buckets) = 0;

    /// Returns up to `count` unblocked pending jobs of the queues of the claim that are due by
    /// `until`: queue by queue, in the order of the claim. Completes the jobs in `parked`, and
    /// removes those that have changed since they were found.
    virtual std::vector<LimitCandidate> find_due(std::size_t count, Timestamp until,
                                                 std::vector<LimitCandidate>& parked) = 0;

    /// Does what was decided with each job. Returns the started ones, in their order, but for those
    /// that have changed since they were found.
    virtual std::vector<ClaimedJob> apply(std::span<const LimitCandidate> jobs) = 0;

    /// Keeps `next_at`, `served_at` and `due_at` of a changed bucket.
    virtual void save(const std::string& name, const StoredBucket& bucket) = 0;

    /// Returns how long until the next job of the claim's queues, or bucket of `limits`, is due;
    /// ignores what is due already, and never_due.
    virtual std::optional<Duration> next_due(const LimitsOfClaim& limits) = 0;
};

/// Runs a claim under limits: looks for due jobs, and for parked jobs whose bucket has a free slot,
/// starts those that all of their limits admit, in the order of the claim, and parks the others.
///
/// Cost  Depends on the jobs that start, not on those that are parked. A claim parks only some of
///       the due jobs; then Exchange::next_due_in is 0.
class ASYNCJOBS_DECL LimitEngine {
public:
    /// Borrows its arguments. `limits` are those of the store that may apply to the request's
    /// queues. `look` is how many due jobs to look at first, 1 or more.
    LimitEngine(LimitPort& port, std::span<const Limit> limits, const ClaimRequest& request,
                Timestamp now, std::size_t look = 64);

    /// Adds to `claimed` and `throttled` of `result`, and sets its `next_due_in`.
    void claim(Exchange& result);

    std::size_t looked_at() const noexcept { return looked_at_; } ///< due jobs, at most
    std::size_t throttled() const noexcept { return throttled_; } ///< due jobs held back

    /// A claim that has got a job looks no further once it has held back so many due jobs.
    static constexpr std::size_t enough = 32;
    /// Likewise, a claim that has got none.
    static constexpr std::size_t enough_in_vain = 500;

private:
    /// What a store keeps of a bucket.
    struct Stored {
        Timestamp next_at = {}, due_at = never_due;
        std::optional<Timestamp> served_at = {};
        static Stored of(const StoredBucket& bucket) {
            return {bucket.next_at, bucket.due_at, bucket.served_at};
        }
        friend bool operator==(const Stored&, const Stored&) = default;
    };

    void read(std::span<LimitCandidate> jobs, const std::set<std::string>& names);
    bool run_round(std::size_t most_due, Exchange& result);
    std::size_t admitted_per_bucket(std::size_t wanted) const;
    std::vector<LimitCandidate> open_buckets();
    void admit_parked(OpenBucket& open, std::vector<LimitCandidate>& found);
    void admit_in_turn(std::span<OpenBucket> buckets);
    void merge_parked(std::vector<LimitCandidate>& jobs, bool is_all);
    void decide(LimitCandidate& job, Exchange& result);
    void hold_back(LimitCandidate& job, const LimitRefusal& refused, Exchange& result);
    void leave_admitting(const LimitCandidate& job);
    Timestamp due_at(const Limit& limit, LimitBucket& bucket) const;
    void save();
    Timestamp next_back() { return back_ += Duration{1}; }

    LimitPort& port_;
    const LimitsOfClaim limits_;
    const ClaimRequest& request_;
    const Timestamp now_;
    const std::size_t look_;
    Timestamp back_ = {}; ///< of the queues: the latest due time in any
    std::size_t looked_at_ = 0, throttled_ = 0;
    std::size_t early_ = 0; ///< jobs that the last round found too early

    LimitBuckets buckets_;
    std::map<std::string, Stored> stored_; ///< of buckets_, as they were read
    std::vector<std::string> open_;        ///< buckets that may have a free slot
    std::set<std::string> still_open_;     ///< of these, with no job parked in these queues
    std::vector<LimitCandidate> parked_;   ///< candidates for these slots
    bool has_seen_due_ = false;            ///< the last round found all due jobs
    std::size_t admitted_each_ = 1;        ///< jobs of an owner that a round may admit
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limit_engine.ipp>
#endif
