#include "watermarks/count_watermarks.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr LooksBelow::Pace count_pace = {.quick = std::chrono::milliseconds{5},
                                         .quick_piece = std::chrono::milliseconds{1},
                                         .shortest_pause = std::chrono::milliseconds{20},
                                         .longest_pause = std::chrono::seconds{30},
                                         .rest = std::chrono::seconds{1}};

/// Counted rows may be committed this much later, and clocks may differ by this much.
constexpr Duration commit_lag = std::chrono::milliseconds{100};

} // namespace

CountWatermarks::CountWatermarks(Duration widest) : Watermarks(count_pace, widest) {}

void CountWatermarks::end(std::string_view of, std::optional<Timestamp> oldest,
                          Timestamp counted_at, SteadyTime began, SteadyTime now) {
    Timestamp watermark = oldest.value_or(counted_at) - commit_lag;
    const std::lock_guard lock(mutex_);
    Watermark& known = known_or(of, watermark, now);
    if (!oldest && known.watermark > watermark) { // leases: new ones may be shorter
        watermark = known.watermark;
        known.looks.end_rest();
    }
    const bool was_lowered = known.lowered_at >= began;
    known.watermark = was_lowered ? std::min(known.watermark, watermark) : watermark;
    known.counted_at = counted_at;
    known.counted_by = now;
}

void CountWatermarks::lower(std::string_view of, Timestamp time, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (const auto found = watermarks_.find(of); found != watermarks_.end())
        lower_to(found->second, time - commit_lag, now);
}

void CountWatermarks::lower(std::string_view of, Duration after, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = watermarks_.find(of);
    if (found == watermarks_.end()) return;
    const Watermark& known = found->second;
    const Timestamp time = known.counted_at + (now - known.counted_by) + after;
    lower_to(found->second, time - commit_lag, now);
}

void CountWatermarks::recount() {
    const std::lock_guard lock(mutex_);
    std::erase_if(watermarks_, [](const auto& entry) { return entry.second.looks.are_of_all(); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
