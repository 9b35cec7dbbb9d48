#pragma once

#include "watermarks/watermarks.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where sweeps begin to look for leases that ran out, or for finished jobs that expired.
///
/// An index keeps the entries of removed rows until the database has cleaned up, which one long
/// transaction of any client delays: a sweep that began with the oldest entry would scan all of
/// them. So it begins with the oldest live entry that the last sweep found, or with the last
/// sweep's time if it found none. Rows never expire in the past, except by hand, or by a
/// transaction that was committed late, such as the last claim of a killed worker. These are found
/// by a look below every ten seconds, or less often if looks are slow: see LooksBelow.
///
/// Thread-safety  Full.
class SweepWatermarks : public Watermarks {
public:
    /// `widest`: the longest piece of a look below the mark.
    explicit SweepWatermarks(Duration widest = LooksBelow::any_width);

    /// Sets where the next sweep begins.
    void end(std::string_view of, Timestamp watermark, SteadyTime now);

    /// Whether to list the names again: once a minute, or less often if that is slow.
    bool may_miss_names(SteadyTime now) const;

    /// Sets the names of everything to sweep.
    void set_names(std::vector<std::string> names, SteadyTime began, SteadyTime now);

    std::vector<std::string> names() const;

private:
    std::vector<std::string> names_;
    std::optional<LooksBelow> looks_for_names_; ///< at all of them
};

/// The findings of a sweep.
struct SweepFindings {
    Timestamp now = {};
    std::optional<Timestamp> oldest = {}; ///< due entry

    /// Returns where the next sweep begins.
    Timestamp watermark() const noexcept;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
