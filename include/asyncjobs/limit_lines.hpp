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
    /// Pending jobs that have been told to come: to a place that got free, or when it is their
    /// turn.
    std::set<JobId> called = {};
    bool has_waiting = false;     ///< jobs that have not been called
    Timestamp next_at = {};       ///< of a rate: when the next start would come, evenly spread
    Timestamp offered_until = {}; ///< of a rate: the last time that a waiting job was given
    /// Of a rate: jobs that came at the time they were given, and too early all the same, since the
    /// last start. Need not be kept between claims.
    Duration::rep put_off = 0;
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
        called,    ///< it waits in the line
        its_turn,  ///< it is the one that the line has called
        some_time, ///< `run_at`, and is not called
    };

    LimitedBy by = {};
    Until until = Until::called;
    /// When it is due; empty: not before it is called.
    std::optional<Timestamp> run_at = {};
};

/// A job that is about to be claimed.
struct LimitedJob {
    JobId id = {};
    Timestamp queued_at = {};    ///< its place in its queue: what claims are ordered by
    bool was_given_time = false; ///< comes at the time that a rate gave it
};

/// Takes a place for `job` in each of its lines, or none and says why. `line(name)` is the state of
/// a line, which this changes; `back()` a time not before now, later at each call: the back of the
/// queue.
ASYNCJOBS_DECL std::optional<LimitRefusal>
admit(const LimitedJob& job, std::span<const LimitedBy> limits,
      const std::function<LimitLine&(const std::string&)>& line, Timestamp now,
      const std::function<Timestamp()>& back);

/// How many waiting jobs of the line to call now, oldest first: to where they were in their queue
/// or, of turns, to its back. `turns` is how many of them may stand there: 1, or more where nobody
/// else is waiting.
ASYNCJOBS_DECL std::size_t jobs_to_call(const Limit& limit, const LimitLine& line,
                                        std::size_t turns = 1) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limit_lines.ipp>
#endif
