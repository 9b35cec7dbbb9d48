#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/limits.hpp>

namespace asyncjobs {
ASYNCJOBS_INLINE void validate(const Limit& limit) {
    using detail::check_range;
    using detail::refuse;
    detail::check_name("name", limit.name);
    if (!limit.queue.empty()) detail::check_name("queue", limit.queue);
    if (!limit.type.empty()) detail::check_name("type", limit.type);
    check_range<std::size_t>("concurrency", limit.concurrency, 0, 100'000);
    check_range<std::size_t>("rate", limit.rate, 0, 1'000'000);
    check_range<std::size_t>("burst", limit.burst, 1, 1'000'000);
    check_range<Duration>("period", limit.period, std::chrono::milliseconds{1},
                          std::chrono::days{366});
    if (limit.rate > static_cast<std::size_t>(limit.period.count()))
        refuse("rate", std::to_string(limit.rate), "must be at most one a microsecond");
    if (limit.burst > 1 && limit.rate == 0)
        refuse("burst", std::to_string(limit.burst), "must be 1 where no rate is given");
    if (!limit.in_turn) return;
    if (limit.concurrency > 0 || limit.rate > 0)
        refuse("in_turn", "true", "must be false where a concurrency or a rate is given");
    if (limit.per == LimitPer::limit)
        refuse("in_turn", "true", "needs per = owner or key, to say whose turns");
    if (limit.queue.empty()) refuse("in_turn", "true", "needs the queue to be named");
}

} // namespace asyncjobs
