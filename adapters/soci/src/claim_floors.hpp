#pragma once

#include "looks_below.hpp"

#include <asyncjobs/job_store.hpp>
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
/// An index keeps the entries of jobs that were claimed until the database has cleaned up, which
/// one long transaction of anybody's puts off: a claim that began with the oldest job would walk
/// over all of them. So it begins a little before the oldest of those that were claimed last: at
/// the low-water mark. What comes below it is found
///
/// - at once, where this process put it there itself: see expect();
/// - by a look below the mark: see LooksBelow.
///
/// Thread-safety  Full.
class ClaimFloors {
public:
    struct Search {
        /// What to look at, one after the other, until there are enough. They have no time in
        /// common.
        std::vector<DueRange> ranges = {{Timestamp::min(), Timestamp::max()}};
        Timestamp floor = Timestamp::min(); ///< the low-water mark
        DueRange look = {};                 ///< below it, in case something is there; in `ranges`
        std::optional<Timestamp> now = {};  ///< the database's time at the latest, if known
        std::uint64_t generation = 0;       ///< of the marks

        bool begins_below() const noexcept { return ranges.front().to <= floor; }
        bool is_above_only() const noexcept { return ranges.size() == 1; }
        bool is_looked_at_in(const DueRange& range) const noexcept {
            return !look.is_empty() && range.from <= look.from && look.to <= range.to;
        }
    };

    /// What came of it.
    struct Findings {
        std::optional<Timestamp> oldest = {};   ///< of the jobs that were found
        bool is_filled = false;                 ///< they were as many as it had wanted
        bool has_looked_below = false;          ///< at all ranges there, though it is filled
        std::optional<Timestamp> now = {};      ///< until when jobs were due, if known
        Timestamp looked_to = Timestamp::max(); ///< what is due from then on was not looked for
        std::optional<Duration> look_took = {}; ///< for the range with Search::look, if known
        Duration took = {}; ///< otherwise, for all, without what the jobs themselves take
    };

    /// `widest`: of a look at a piece of what is below.
    explicit ClaimFloors(Duration widest = LooksBelow::any_width) : widest_(widest) {}

    /// Where to look now.
    Search begin(std::string_view queue, SteadyTime now);

    void end(std::string_view queue, const Search& search, const Findings& found, SteadyTime began,
             SteadyTime now);

    /// Of `jobs`, with what became of them, those that are due below the mark.
    void expect(std::span<const NewJob> jobs, std::span<const Submitted> answers, SteadyTime now);

    /// Jobs that were above a mark may be below it. Searches under way set no mark any more.
    void forget() {
        const std::lock_guard lock(mutex_);
        queues_.clear();
        ++generation_;
    }

    /// A job with this time may be there now, or as soon as a transaction is committed.
    void expect(std::string_view queue, Timestamp run_at, SteadyTime now);
    /// The same of one that was there before. All of these are looked for as one range, wherever
    /// they are: they come at once, and seldom.
    void expect_back(std::string_view queue, Timestamp run_at, SteadyTime now);

private:
    struct Expected {
        DueRange range;
        SteadyTime since = {};
        bool is_back = false;
    };
    struct Queue {
        LooksBelow looks;
        Timestamp floor = Timestamp::min();
        std::optional<Timestamp> time = {}; ///< the database's, at `time_at` at the latest
        SteadyTime time_at = {};
        std::vector<Expected> expected = {};
        std::optional<DueRange> unfinished = {}; ///< the rest of a piece in which there was much
        SteadyTime looks_first_at = {};          ///< not before, even if there are enough above
        Duration usual = {};                     ///< so long does a search without a look take
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
