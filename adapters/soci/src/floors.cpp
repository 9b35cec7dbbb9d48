#include "floors.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

DueRange Floors::below(std::string_view of, SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    return found == floors_.end() ? DueRange{} : found->second.looks.next(found->second.floor, now);
}

void Floors::looked(std::string_view of, const DueRange& range, std::optional<Timestamp> oldest,
                    SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    if (found == floors_.end()) return;
    found->second.looks.looked(range, now - began, now);
    if (oldest) lower_to(found->second, *oldest, now);
}

Timestamp Floors::floor_of(std::string_view of) const {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    return found == floors_.end() ? Timestamp::min() : found->second.floor;
}

void Floors::forget() {
    const std::lock_guard lock(mutex_);
    floors_.clear();
}

Floors::Floor& Floors::known_or(std::string_view of, Timestamp floor, SteadyTime now) {
    auto found = floors_.find(of);
    if (found == floors_.end())
        found =
            floors_.emplace(std::string(of), Floor{LooksBelow(pace_, widest_, floor, now), floor})
                .first;
    return found->second;
}

void Floors::lower_to(Floor& known, Timestamp time, SteadyTime now) {
    known.lowered_at = now;
    known.floor = std::min(known.floor, time);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
