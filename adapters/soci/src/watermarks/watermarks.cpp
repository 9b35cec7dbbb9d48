#include "watermarks/watermarks.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

DueRange Watermarks::below(std::string_view of, SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    const auto found = watermarks_.find(of);
    return found == watermarks_.end() ? DueRange{}
                                      : found->second.looks.next(found->second.watermark, now);
}

void Watermarks::looked(std::string_view of, const DueRange& range, std::optional<Timestamp> oldest,
                        SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = watermarks_.find(of);
    if (found == watermarks_.end()) return;
    found->second.looks.looked(range, now - began, now);
    if (oldest) lower_to(found->second, *oldest, now);
}

Timestamp Watermarks::watermark_of(std::string_view of) const {
    const std::lock_guard lock(mutex_);
    const auto found = watermarks_.find(of);
    return found == watermarks_.end() ? Timestamp::min() : found->second.watermark;
}

void Watermarks::forget() {
    const std::lock_guard lock(mutex_);
    watermarks_.clear();
}

Watermarks::Watermark& Watermarks::known_or(std::string_view of, Timestamp watermark,
                                            SteadyTime now) {
    auto found = watermarks_.find(of);
    if (found == watermarks_.end())
        found = watermarks_
                    .emplace(std::string(of),
                             Watermark{LooksBelow(pace_, widest_, watermark, now), watermark})
                    .first;
    return found->second;
}

void Watermarks::lower_to(Watermark& known, Timestamp time, SteadyTime now) {
    known.lowered_at = now;
    known.watermark = std::min(known.watermark, time);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
