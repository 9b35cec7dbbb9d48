#include "sweep_floors.hpp"

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// What ends at once may be committed this much later.
constexpr Duration settle_lag = std::chrono::seconds{1};

constexpr Duration usual_pause = std::chrono::minutes{1};
/// A sweep that took so long may have waited for something else.
constexpr Duration longest_sweep_pause = std::chrono::minutes{10};

/// Of the time, at most this part is spent on sweeps that begin anew.
constexpr int sweep_one_in = 20;

} // namespace

std::optional<SweepFloors::Floors> SweepFloors::begin(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (now >= begins_anew_at_) return std::nullopt;
    return floors_;
}

Timestamp SweepFloors::floor_of(std::string_view of) const {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    return found == floors_.end() ? Timestamp::min() : found->second;
}

void SweepFloors::end(Floors floors, bool anew, SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    floors_ = std::move(floors);
    if (anew)
        begins_anew_at_ = now + std::clamp<SteadyTime::duration>(sweep_one_in * (now - began),
                                                                 usual_pause, longest_sweep_pause);
}

Timestamp SweepFindings::floor() const noexcept { return oldest.value_or(now) - settle_lag; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
