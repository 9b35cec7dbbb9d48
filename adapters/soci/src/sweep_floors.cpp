#include "sweep_floors.hpp"

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// What ends at once may be committed this much later.
constexpr Duration settle_lag = std::chrono::seconds{1};

/// A sweep is made every few seconds, and nobody waits for it.
constexpr LooksBelow::Pace sweep_pace = {.quick = std::chrono::milliseconds{100},
                                         .quick_piece = std::chrono::milliseconds{20},
                                         .shortest_pause = std::chrono::milliseconds{20},
                                         .longest_pause = std::chrono::minutes{10},
                                         .rest = std::chrono::minutes{1}};

} // namespace

DueRange SweepFloors::below(std::string_view of, SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    return found == floors_.end() ? DueRange{} : found->second.looks.next(found->second.floor, now);
}

void SweepFloors::looked(std::string_view of, const DueRange& range,
                         std::optional<Timestamp> oldest, SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    if (found == floors_.end()) return;
    found->second.looks.looked(range, found->second.floor, now - began, now);
    if (oldest) found->second.floor = std::min(found->second.floor, *oldest);
}

Timestamp SweepFloors::floor_of(std::string_view of) const {
    const std::lock_guard lock(mutex_);
    const auto found = floors_.find(of);
    return found == floors_.end() ? Timestamp::min() : found->second.floor;
}

void SweepFloors::end(std::string_view of, Timestamp floor, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (const auto found = floors_.find(of); found != floors_.end())
        found->second.floor = floor;
    else
        floors_.emplace(std::string(of), Floor{LooksBelow(sweep_pace, widest_, floor, now), floor});
}

bool SweepFloors::may_miss_names(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return !looks_for_names_ || !looks_for_names_->next(Timestamp::max(), now).is_empty();
}

void SweepFloors::set_names(std::vector<std::string> names, SteadyTime began, SteadyTime now) {
    constexpr DueRange all{Timestamp::min(), Timestamp::max()};
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names_)
        if (std::ranges::find(names, name) == names.end()) floors_.erase(name);
    names_ = std::move(names);
    if (!looks_for_names_) looks_for_names_.emplace(sweep_pace, Duration::zero(), all.to, began);
    looks_for_names_->looked(all, all.to, now - began, now);
}

std::vector<std::string> SweepFloors::names() const {
    const std::lock_guard lock(mutex_);
    return names_;
}

void SweepFloors::forget() {
    const std::lock_guard lock(mutex_);
    floors_.clear();
}

Timestamp SweepFindings::floor() const noexcept { return oldest.value_or(now) - settle_lag; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
