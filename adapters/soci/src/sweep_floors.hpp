#pragma once

#include <asyncjobs/time.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where sweeps begin to look for leases that ran out, or for finished jobs whose time has come.
///
/// An index keeps the entries of what is gone until the database has cleaned up, which one long
/// transaction of anybody's puts off: a sweep that began with the oldest entry would walk over all
/// of them. So it begins with the oldest that the last one found alive, or with the time of the
/// last one if that found none. Nothing is made to end in the past; what is all the same, by a
/// transaction that was committed late or by hand, is found when a sweep begins anew: every minute,
/// or more rarely where that takes long, but not more rarely than every ten.
///
/// Thread-safety  Full.
class SweepFloors {
public:
    /// By what is swept apart, a type of jobs say.
    using Floors = std::map<std::string, Timestamp, std::less<>>;

    /// Empty: anew, with the oldest entries of whatever there is.
    std::optional<Floors> begin(SteadyTime now);

    /// Where everything of this begins that lives, but for what was committed late: at the oldest
    /// entries, if not known.
    Timestamp floor_of(std::string_view of) const;

    /// Where the next sweep begins; `anew`: all that there was has been looked at.
    void end(Floors floors, bool anew, SteadyTime began, SteadyTime now);

    /// The next sweep begins anew.
    void forget() {
        const std::lock_guard lock(mutex_);
        floors_.clear();
        begins_anew_at_ = {};
    }

private:
    mutable std::mutex mutex_;
    Floors floors_;
    SteadyTime begins_anew_at_ = {};
};

/// What a sweep found.
struct SweepFindings {
    Timestamp now = {};
    std::optional<Timestamp> oldest = {}; ///< of what is due

    /// Where the next sweep begins.
    Timestamp floor() const noexcept;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
