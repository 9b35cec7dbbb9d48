#pragma once

#include "watermarks/looks_below.hpp"

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/time.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a claim looks for due jobs.
///
/// An index keeps the entries of claimed jobs until the database has cleaned up, which one long
/// transaction of any client delays: a claim that began with the oldest entry would scan all of
/// them. So it begins at the low-water mark, a little before the oldest job claimed last. Jobs
/// below the mark are found
///
/// - at once, if this process put them there: see expect();
/// - by a look below the mark: see LooksBelow.
///
/// Thread-safety  Full.
class ClaimWatermarks {
public:
    struct Search {
        /// To be scanned in this order until enough jobs are found. They do not overlap.
        std::vector<DueRange> ranges = {{Timestamp::min(), Timestamp::max()}};
        Timestamp watermark = Timestamp::min(); ///< the low-water mark
        DueRange look = {};                     ///< the look below it, if any; part of `ranges`
        std::optional<Timestamp> now = {};      ///< upper bound of the database's time, if known
        std::uint64_t generation = 0;           ///< of the marks

        bool begins_below() const noexcept { return ranges.front().to <= watermark; }
        bool is_above_only() const noexcept { return ranges.size() == 1; }
        bool is_looked_at_in(const DueRange& range) const noexcept {
            return !look.is_empty() && range.from <= look.from && look.to <= range.to;
        }
    };

    /// The outcome of a search.
    struct Findings {
        std::optional<Timestamp> oldest = {};   ///< of the jobs found
        bool is_filled = false;                 ///< as many jobs as requested were found
        bool has_looked_below = false;          ///< all ranges there were scanned, though filled
        std::optional<Timestamp> now = {};      ///< jobs due until then were looked for, if known
        Timestamp looked_to = Timestamp::max(); ///< jobs due from then on were not looked for
        std::optional<Duration> look_took = {}; ///< for the range with Search::look, if known
        Duration took = {}; ///< otherwise, for all ranges, without the cost of the jobs themselves
    };

    /// `widest`: the longest piece of a look below the mark.
    explicit ClaimWatermarks(Duration widest = LooksBelow::any_width) : widest_(widest) {}

    /// Returns where to look now.
    Search begin(std::string_view queue, SteadyTime now);

    void end(std::string_view queue, const Search& search, const Findings& found, SteadyTime began,
             SteadyTime now);

    /// Expects those of `jobs` that were submitted and are due below the mark.
    void expect(std::span<const NewJob> jobs, std::span<const Submitted> outcomes, SteadyTime now);

    /// Drops all marks, as jobs may have moved below them. Searches under way set no mark.
    void forget() {
        const std::lock_guard lock(mutex_);
        queues_.clear();
        ++generation_;
    }

    /// A job with this time may exist now, or as soon as a transaction commits.
    void expect(std::string_view queue, Timestamp run_at, SteadyTime now);
    /// As expect(), for a job that returned to its queue. All of these are one range, however far
    /// apart: they come together, and rarely.
    void expect_back(std::string_view queue, Timestamp run_at, SteadyTime now);

private:
    struct Expected {
        DueRange range;
        SteadyTime since = {};
        bool is_back = false;
    };
    struct Queue {
        LooksBelow looks;
        Timestamp watermark = Timestamp::min();
        std::optional<Timestamp> time = {}; ///< upper bound of the database's, at `time_at`
        SteadyTime time_at = {};
        std::vector<Expected> expected = {};
        std::optional<DueRange> unfinished = {}; ///< rest of a piece that had too many jobs
        SteadyTime looks_first_at = {};          ///< from then on, the look precedes the mark
        Duration usual = {};                     ///< duration of a search without a look
        int looks_in_a_row = 0;
    };
    static DueRange next_look(const Queue& queue, SteadyTime now);
    Queue* queue_above(std::string_view name, Timestamp run_at);
    static void extend(Expected& expected, Timestamp run_at, SteadyTime now);
    static void finish_expected(Queue& queue, SteadyTime began);
    static void finish_look(Queue& queue, const DueRange& look, const Findings& found,
                            SteadyTime now);
    static void note_look(Queue& queue, const Search& search, const Findings& found,
                          SteadyTime began, SteadyTime now);

    const Duration widest_;
    std::mutex mutex_;
    std::map<std::string, Queue, std::less<>> queues_;
    std::uint64_t generation_ = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
