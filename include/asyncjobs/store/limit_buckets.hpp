#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_id.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/time.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// For authors of stores: the rules of limits. A store keeps the buckets; this decides.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Later than all other times: of a pending job that waits for something else than time.
inline constexpr Timestamp never_due{Duration{253'402'300'799'999'999}}; // year 9999

/// The jobs that a limit counts together, and how much of it they use.
struct LimitBucket {
    std::size_t held = 0; ///< jobs processing
    /// Pending jobs that may start: admitted to a free slot, or next in the round robin.
    std::set<JobId> admitted = {};
    bool has_waiting = false; ///< further jobs that have not been admitted
    Timestamp next_at = {};   ///< of a rate: when the next evenly spread start is due
    std::optional<Timestamp> served_at = {}; ///< of a round robin: when a job last started
};

/// A limit that applies to a job, and the job's bucket in it.
struct LimitedBy {
    const Limit* limit = nullptr;
    std::string bucket = {};
    bool of_worker = false; ///< applies to the jobs of one executor only
};

/// The limits that apply to a worker's claim.
class ASYNCJOBS_DECL LimitsOfClaim {
public:
    /// Borrows both lists.
    LimitsOfClaim(std::span<const Limit> of_all, std::span<const Limit> of_worker,
                  std::string_view worker)
        : of_all_(of_all), of_worker_(of_worker), worker_(worker) {}

    bool empty() const noexcept { return of_all_.empty() && of_worker_.empty(); }

    /// Returns those that apply to such a job.
    std::vector<LimitedBy> of(std::string_view type, std::string_view queue, std::string_view owner,
                              const std::optional<std::string>& limit_key) const;

    /// Returns the limit that a bucket belongs to; null if it was deleted, or is another worker's.
    const Limit* limit_of(std::string_view bucket) const;

private:
    std::span<const Limit> of_all_, of_worker_;
    std::string_view worker_;
};

/// Why a job may not start now, and what happens to it.
struct LimitRefusal {
    /// Where the job waits.
    enum class State {
        waiting,  ///< it waits in the bucket
        admitted, ///< the bucket has admitted it
    };

    LimitedBy by = {};
    State state = State::waiting;
    /// When it is due; empty: not before it is admitted.
    std::optional<Timestamp> run_at = {};
};

/// A job that is about to be claimed.
struct LimitedJob {
    JobId id = {};
    Timestamp queued_at = {}; ///< the order in which its queue is claimed
};

/// When the rate of the limit lets the next job start: at most one interval from now, because after
/// a clock that was set back since the last start, the bucket discards a later time.
ASYNCJOBS_DECL Timestamp next_start(const Limit& limit, LimitBucket& bucket,
                                    Timestamp now) noexcept;

/// Takes a slot for `job` in each of its buckets, or none and returns the reason. `bucket(name)` is
/// the state of a bucket, which this changes; `back()` returns a time not before now, later at each
/// call: the back of the queue.
ASYNCJOBS_DECL std::optional<LimitRefusal>
admit(const LimitedJob& job, std::span<const LimitedBy> limits,
      const std::function<LimitBucket&(const std::string&)>& bucket, Timestamp now,
      const std::function<Timestamp()>& back);

/// Returns how many waiting jobs of the bucket to admit now, in the order of their queue: to their
/// own place in it or, in a round robin, to its back. `turns` is how many of them may stand there:
/// 1, or more if no other bucket has waiting jobs.
ASYNCJOBS_DECL std::size_t free_slots(const Limit& limit, const LimitBucket& bucket, Timestamp now,
                                      std::size_t turns = 1) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limit_buckets.ipp>
#endif
