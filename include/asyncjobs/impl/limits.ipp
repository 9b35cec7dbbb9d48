#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/limits.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE void detail::validate(const Limit& limit, const std::string& of) {
    check_name(of + "name", limit.name);
    if (!limit.queue.empty()) check_name(of + "queue", limit.queue);
    if (!limit.type.empty()) check_name(of + "type", limit.type);
    check_range<std::size_t>(of + "concurrency", limit.concurrency, 0, 100'000);
    check_range<std::size_t>(of + "rate", limit.rate, 0, 1'000'000);
    check_range<std::size_t>(of + "burst", limit.burst, 1, 1'000'000);
    check_range<Duration>(of + "period", limit.period, std::chrono::milliseconds{1},
                          std::chrono::days{366});
    if (limit.rate > static_cast<std::size_t>(limit.period.count()))
        refuse(of + "rate", std::to_string(limit.rate), "must be at most one a microsecond");
    if (limit.burst > 1 && limit.rate == 0)
        refuse(of + "burst", std::to_string(limit.burst), "must be 1 where no rate is given");
    if (limit.rate > 0) {
        const Duration interval = limit.period / static_cast<Duration::rep>(limit.rate);
        const auto most = static_cast<std::size_t>(limit_horizon / interval);
        if (limit.burst - 1 > most)
            refuse(of + "burst", std::to_string(limit.burst),
                   "must be what the rate allows in 100 years at most");
    }
    if (!limit.round_robin) return;
    if (limit.concurrency > 0 || limit.rate > 0)
        refuse(of + "round_robin", "true", "must be false where a concurrency or a rate is given");
    if (limit.scope == LimitScope::limit)
        refuse(of + "round_robin", "true", "needs scope = owner or key");
    if (limit.queue.empty()) refuse(of + "round_robin", "true", "needs a queue");
}

ASYNCJOBS_INLINE void validate(const Limit& limit) { detail::validate(limit, {}); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
