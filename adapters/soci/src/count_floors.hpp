#pragma once

#include "looks_below.hpp"

#include <asyncjobs/time.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a count begins, in the order of an index: of a queue's jobs, say.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off. So a count begins with the oldest that the last one found, or
/// with its time if it found none, or where it began if that is later; what is below that is found
/// by a look once a second, or more rarely where that takes long: see LooksBelow.
///
/// Thread-safety  Full.
class CountFloors {
public:
    /// `widest`: of a look at a piece of what is below.
    explicit CountFloors(Duration widest = LooksBelow::any_width) : widest_(widest) {}

    /// What to look at before the next count, if anything.
    DueRange below(std::string_view of, SteadyTime now) const;

    /// What came of that.
    void looked(std::string_view of, const DueRange& range, std::optional<Timestamp> oldest,
                SteadyTime began, SteadyTime now);

    /// Where the count begins.
    Timestamp begin(std::string_view of) const;

    /// `oldest` that was counted; if there was none, everything before `counted_at` is gone, and
    /// before where the count began.
    void end(std::string_view of, std::optional<Timestamp> oldest, Timestamp counted_at,
             SteadyTime began, SteadyTime now);

    /// Something with this time is there now.
    void lower(std::string_view of, Timestamp time, SteadyTime now);

    /// The same of something whose time is `after` that of the database.
    void lower(std::string_view of, Duration after, SteadyTime now);

    /// Something came below marks, nobody knows where: the next counts are of all, unless looks at
    /// pieces have to find it.
    void count_anew();

    /// The next counts are of all.
    void forget();

private:
    struct Floor {
        LooksBelow looks;
        Timestamp floor;
        Timestamp counted_at = {};  ///< by the database's clock
        SteadyTime counted_by = {}; ///< by this process's
        SteadyTime lowered_at = {};
    };

    static void lower_to(Floor& known, Timestamp time, SteadyTime now);

    const Duration widest_;
    mutable std::mutex mutex_;
    std::map<std::string, Floor, std::less<>> floors_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
