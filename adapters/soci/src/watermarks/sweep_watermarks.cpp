#include "watermarks/sweep_watermarks.hpp"

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A row that expires at once may be committed this much later.
constexpr Duration settle_lag = std::chrono::seconds{1};

/// Sweeps run every few seconds, and no caller waits for them.
constexpr LooksBelow::Pace sweep_pace = {.quick = std::chrono::milliseconds{100},
                                         .quick_piece = std::chrono::milliseconds{20},
                                         .shortest_pause = std::chrono::milliseconds{20},
                                         .longest_pause = std::chrono::minutes{10},
                                         .rest = std::chrono::seconds{10}};

/// The names are read all at once.
constexpr LooksBelow::Pace names_pace = {.quick = sweep_pace.quick,
                                         .quick_piece = sweep_pace.quick_piece,
                                         .shortest_pause = sweep_pace.shortest_pause,
                                         .longest_pause = sweep_pace.longest_pause,
                                         .rest = std::chrono::minutes{1}};

} // namespace

SweepWatermarks::SweepWatermarks(Duration widest) : Watermarks(sweep_pace, widest) {}

void SweepWatermarks::end(std::string_view of, Timestamp watermark, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    known_or(of, watermark, now).watermark = watermark;
}

bool SweepWatermarks::may_miss_names(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return !looks_for_names_ || !looks_for_names_->next(Timestamp::max(), now).is_empty();
}

void SweepWatermarks::set_names(std::vector<std::string> names, SteadyTime began, SteadyTime now) {
    constexpr DueRange all{Timestamp::min(), Timestamp::max()};
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names_)
        if (std::ranges::find(names, name) == names.end()) watermarks_.erase(name);
    names_ = std::move(names);
    if (!looks_for_names_) looks_for_names_.emplace(names_pace, Duration::zero(), all.to, began);
    looks_for_names_->looked(all, now - began, now);
}

std::vector<std::string> SweepWatermarks::names() const {
    const std::lock_guard lock(mutex_);
    return names_;
}

Timestamp SweepFindings::watermark() const noexcept { return oldest.value_or(now) - settle_lag; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
