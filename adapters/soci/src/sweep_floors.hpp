#pragma once

#include "floors.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where sweeps begin to look for leases that ran out, or for finished jobs whose time has come.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off: a sweep that began with the oldest entry would walk over all
/// of them. So it begins with the oldest that the last one found alive, or with the time of the
/// last one if that found none. Nothing is made to end in the past; what is all the same, by a
/// transaction that was committed late or by hand, is found by a look below once a minute, or more
/// rarely where that takes long: see LooksBelow.
///
/// Thread-safety  Full.
class SweepFloors : public Floors {
public:
    /// `widest`: of a look at a piece of what is below.
    explicit SweepFloors(Duration widest = LooksBelow::any_width);

    /// Where the next sweep begins.
    void end(std::string_view of, Timestamp floor, SteadyTime now);

    /// Whether to find out anew what there is to sweep: once a minute, or more rarely where that
    /// takes long.
    bool may_miss_names(SteadyTime now) const;

    /// That there is all this to sweep, and nothing else.
    void set_names(std::vector<std::string> names, SteadyTime began, SteadyTime now);

    std::vector<std::string> names() const;

private:
    std::vector<std::string> names_;
    std::optional<LooksBelow> looks_for_names_; ///< at all of them
};

/// What a sweep found.
struct SweepFindings {
    Timestamp now = {};
    std::optional<Timestamp> oldest = {}; ///< of what is due

    /// Where the next sweep begins.
    Timestamp floor() const noexcept;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
