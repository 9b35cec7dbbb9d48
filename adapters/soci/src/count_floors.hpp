#pragma once

#include "floors.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a count begins, in the order of an index: of a queue's jobs, say.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off. So a count begins with the oldest that the last one found, or
/// with its time if it found none, or where it began if that is later; what is below that is found
/// by a look once a second, or more rarely where that takes long: see LooksBelow.
///
/// Thread-safety  Full.
class CountFloors : public Floors {
public:
    /// `widest`: of a look at a piece of what is below.
    explicit CountFloors(Duration widest = LooksBelow::any_width);

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
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
