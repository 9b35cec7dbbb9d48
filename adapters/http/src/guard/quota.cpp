#include "guard/quota.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

std::int64_t seconds(Duration duration) {
    return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

} // namespace

Duration Quota::each() const noexcept {
    return std::max(period_ / static_cast<Duration::rep>(most_), Duration{1});
}

Quota::Standing Quota::standing(SteadyTime full_at, SteadyTime now) const noexcept {
    Standing standing{.full_in = full_at - now};
    const auto taken = static_cast<std::size_t>((standing.full_in + each() - Duration{1}) / each());
    standing.left = most_ - std::min(taken, most_);
    standing.next_in = std::max(standing.full_in + each() - period_, Duration{});
    return standing;
}

Quota::Standing Quota::take(const std::string& who, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (full_at_.size() >= cleanup_size_) remove_full(now);
    auto& full_at = full_at_[who];
    full_at = std::max(full_at, now);
    const bool granted = full_at + each() - now <= period_;
    if (granted) full_at += each();
    auto left = standing(full_at, now);
    left.granted = granted;
    return left;
}

Quota::Standing Quota::refund(const std::string& who, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = full_at_.find(who);
    if (found == full_at_.end()) return standing(now, now);
    found->second = std::max(found->second - each(), now);
    return standing(found->second, now);
}

void Quota::describe(std::string_view name, const Standing& standing, Headers& headers) const {
    headers.set("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, most_, seconds(period_)));
    headers.set("RateLimit",
                fmt::format("\"{}\";r={};t={}", name, standing.left, seconds(standing.full_in)));
}

void Quota::remove_full(SteadyTime now) {
    std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
    cleanup_size_ = std::max<std::size_t>(1024, 2 * full_at_.size());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
