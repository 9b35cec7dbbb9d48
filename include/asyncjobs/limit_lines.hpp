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

/// For authors of stores: what limits mean. A store keeps the lines; this decides.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The jobs that a limit counts together, and how much of it they use.
struct LimitLine {
    std::size_t held = 0; ///< jobs processing
    /// Pending jobs that were called: to a place that is free, or to their turn.
    std::set<JobId> called = {};
    bool has_waiting = false; ///< jobs that have not been called
    Timestamp next_at = {};   ///< of a rate: when the next start would come, evenly spread
    std::optional<Timestamp> served_at = {}; ///< of turns: when a job last started
};

/// A limit that a job is under, and the line that the job is in for it.
struct LimitedBy {
    const Limit* limit = nullptr;
    std::string line = {};
    bool of_worker = false; ///< counts the jobs of one executor only
};

/// The limits that a worker's claim is under.
class ASYNCJOBS_DECL LimitsOfClaim {
public:
    /// Borrows both lists.
    LimitsOfClaim(std::span<const Limit> of_all, std::span<const Limit> of_worker,
                  std::string_view worker)
        : of_all_(of_all), of_worker_(of_worker), worker_(worker) {}

    bool empty() const noexcept { return of_all_.empty() && of_worker_.empty(); }

    /// Those which a job of this kind is under.
    std::vector<LimitedBy> of(std::string_view type, std::string_view queue, std::string_view owner,
                              const std::optional<std::string>& limit_key) const;

    /// Which of them a line is of; null: of none any more, or of another worker's.
    const Limit* limit_of(std::string_view line) const;

private:
    std::span<const Limit> of_all_, of_worker_;
    std::string_view worker_;
};

/// Why a job may not start now, and what it does instead.
struct LimitRefusal {
    enum class Until {
        called,   ///< it waits in the line
        its_turn, ///< it is the one that the line has called
    };

    LimitedBy by = {};
    Until until = Until::called;
    /// When it is due; empty: not before it is called.
    std::optional<Timestamp> run_at = {};
};

/// A job that is about to be claimed.
struct LimitedJob {
    JobId id = {};
    Timestamp queued_at = {}; ///< its place in its queue: what claims are ordered by
};

/// When the rate of the limit lets the next job start: an interval from now at the latest, for if
/// the clock was set back since the last start, the line forgets what it knew of a later time.
ASYNCJOBS_DECL Timestamp next_start(const Limit& limit, LimitLine& line, Timestamp now) noexcept;

/// Takes a place for `job` in each of its lines, or none and says why. `line(name)` is the state of
/// a line, which this changes; `back()` a time not before now, later at each call: the back of the
/// queue.
ASYNCJOBS_DECL std::optional<LimitRefusal>
admit(const LimitedJob& job, std::span<const LimitedBy> limits,
      const std::function<LimitLine&(const std::string&)>& line, Timestamp now,
      const std::function<Timestamp()>& back);

/// How many waiting jobs of the line may start now: those to call, first of their queue first, to
/// where they were in it or, of turns, to its back. `turns` is how many of them may stand there: 1,
/// or more where nobody else is waiting.
ASYNCJOBS_DECL std::size_t jobs_to_call(const Limit& limit, const LimitLine& line, Timestamp now,
                                        std::size_t turns = 1) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limit_lines.ipp>
#endif
