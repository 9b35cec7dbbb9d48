#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/time.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a claim begins to look for due jobs.
///
/// An index keeps the entries of jobs that were claimed until the database has cleaned up, which
/// one long transaction of anybody's puts off: a claim that began with the oldest job would walk
/// over all of them. So it begins a little before the oldest of those that were claimed last, and
/// looks below only for what it could not find above, and from time to time.
///
/// Thread-safety  Full.
class ClaimFloors {
public:
    struct Search {
        Timestamp floor = Timestamp::min(); ///< where to begin
        bool looks_below = true;            ///< if there are too few above
    };

    /// Where to begin now.
    Search begin(std::string_view queue, SteadyTime now);

    /// What the search found: `oldest` of the jobs that it claimed, and whether they were as many
    /// as it had wanted.
    void end(std::string_view queue, const Search& search, std::optional<Timestamp> oldest,
             bool is_filled, SteadyTime began, SteadyTime now);

    /// Those of the jobs, which are new, that have a head start come below; they are found soon.
    void expect(std::span<const NewJob> jobs);

    /// A job with this time came back.
    void lower(std::string_view queue, Timestamp run_at);

private:
    struct Queue {
        Timestamp floor = Timestamp::min();
        SteadyTime may_begin_anew_at = {};
        SteadyTime begins_anew_at = {}; ///< with the oldest job
        SteadyTime looks_below_at = {}; ///< not before
    };
    std::mutex mutex_;
    std::map<std::string, Queue, std::less<>> queues_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
