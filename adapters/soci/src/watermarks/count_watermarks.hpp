#pragma once

#include "watermarks/watermarks.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where a count begins in an index, for example the count of a queue's jobs.
///
/// An index keeps the entries of removed rows until the database has cleaned up, which one long
/// transaction of any client delays. So a count begins with the oldest row that the last one found;
/// if it found none, with the last count's time or its own beginning, whichever is later. Rows
/// below that are found by a look once a second, or less often if looks are slow: see LooksBelow.
///
/// Thread-safety  Full.
class CountWatermarks : public Watermarks {
public:
    /// `widest`: the longest piece of a look below the mark.
    explicit CountWatermarks(Duration widest = LooksBelow::any_width);

    /// `oldest` is the oldest row counted; if empty, no row exists before `counted_at`, nor before
    /// the beginning of the count.
    void end(std::string_view of, std::optional<Timestamp> oldest, Timestamp counted_at,
             SteadyTime began, SteadyTime now);

    /// A row with this time exists now.
    void lower(std::string_view of, Timestamp time, SteadyTime now);

    /// As above, for a row whose time is `after` later than the database's clock.
    void lower(std::string_view of, Duration after, SteadyTime now);

    /// Rows may have come below any mark: the next counts begin with the oldest entries. Marks with
    /// looks at pieces stay; those looks find the rows.
    void recount();
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
