#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/store/limit_buckets.hpp>

#include <algorithm>
#include <limits>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// The name of a limit's bucket: the limit's, then `@worker` for an executor's own limit, then
/// `=key`. Names contain neither of these characters.
inline std::string bucket_name(const Limit& limit, std::string_view worker) {
    return worker.empty() ? limit.name : limit.name + '@' + std::string(worker);
}

inline bool is_bucket_of(std::string_view bucket, std::string_view name) {
    return bucket.starts_with(name) && (bucket.size() == name.size() || bucket[name.size()] == '=');
}

/// The library's own jobs are subject only to limits that name their queue or their type.
inline bool applies_to(const Limit& limit, std::string_view type, std::string_view queue) {
    const bool is_named = !limit.queue.empty() || !limit.type.empty();
    return (limit.queue.empty() || limit.queue == queue) &&
           (limit.type.empty() || limit.type == type) && (is_named || !is_library_type(type));
}

inline void add_limits(std::vector<LimitedBy>& out, std::span<const Limit> limits,
                       std::string_view worker, std::string_view type, std::string_view queue,
                       std::string_view owner, const std::optional<std::string>& limit_key) {
    for (const Limit& limit : limits) {
        if (!applies_to(limit, type, queue) || (limit.scope == LimitScope::key && !limit_key))
            continue;
        std::string bucket = bucket_name(limit, worker);
        if (limit.scope == LimitScope::owner) bucket.append("=").append(owner);
        if (limit.scope == LimitScope::key) bucket.append("=").append(*limit_key);
        out.push_back({&limit, std::move(bucket), !worker.empty()});
    }
}

/// Between two starts; rounded up, so that the rate is never exceeded.
inline Duration interval(const Limit& limit) {
    const auto rate = static_cast<Duration::rep>(limit.rate);
    return (limit.period + Duration{rate - 1}) / rate;
}

/// For a bucket with a rate. A start never leaves a time further ahead than a whole burst: a later
/// one was stored before the clock was set back.
inline Timestamp bounded_next_at(const Limit& limit, const LimitBucket& bucket, Timestamp now) {
    return std::min(bucket.next_at,
                    now + static_cast<Duration::rep>(limit.burst) * interval(limit));
}

/// The first job of a burst may start when its last one would if all were evenly spread.
inline Timestamp start_before(const Limit& limit, Timestamp next_at) {
    return next_at - static_cast<Duration::rep>(limit.burst - 1) * interval(limit);
}

/// A bucket whose jobs start round robin is idle for jobs that arrived after its last one had
/// started.
inline bool is_next_in_round(const LimitBucket& bucket, const LimitedJob& job) {
    if (bucket.admitted.contains(job.id)) return true;
    return bucket.admitted.empty() && !bucket.has_waiting &&
           (!bucket.served_at || *bucket.served_at < job.queued_at);
}

inline std::optional<LimitRefusal> refusal(const LimitedJob& job, const LimitedBy& by,
                                           LimitBucket& bucket, Timestamp now,
                                           const std::function<Timestamp()>& back) {
    // Another executor may take jobs that wait for this one.
    constexpr Duration tries_elsewhere = std::chrono::seconds{15};
    using State = LimitRefusal::State;
    const Limit& limit = *by.limit;
    const bool is_full = limit.concurrency > 0 && bucket.held >= limit.concurrency;
    const bool is_early = limit.rate > 0 && next_start(limit, bucket, now) > now;
    if (is_full || is_early) {
        bucket.has_waiting = true;
        return LimitRefusal{by, State::waiting,
                            by.of_worker ? std::optional(now + tries_elsewhere) : std::nullopt};
    }
    if (limit.round_robin && !is_next_in_round(bucket, job)) {
        if (bucket.admitted.empty() && !bucket.has_waiting) {
            bucket.admitted.insert(job.id);
            return LimitRefusal{by, State::admitted, back()};
        }
        bucket.has_waiting = true;
        return LimitRefusal{by, State::waiting, {}};
    }
    return std::nullopt;
}

} // namespace detail

ASYNCJOBS_INLINE std::vector<LimitedBy>
LimitsOfClaim::of(std::string_view type, std::string_view queue, std::string_view owner,
                  const std::optional<std::string>& limit_key) const {
    std::vector<LimitedBy> limits;
    detail::add_limits(limits, of_all_, {}, type, queue, owner, limit_key);
    detail::add_limits(limits, of_worker_, worker_, type, queue, owner, limit_key);
    return limits;
}

ASYNCJOBS_INLINE const Limit* LimitsOfClaim::limit_of(std::string_view bucket) const {
    for (const Limit& limit : of_all_)
        if (detail::is_bucket_of(bucket, limit.name)) return &limit;
    for (const Limit& limit : of_worker_)
        if (detail::is_bucket_of(bucket, detail::bucket_name(limit, worker_))) return &limit;
    return nullptr;
}

ASYNCJOBS_INLINE Timestamp next_start(const Limit& limit, LimitBucket& bucket,
                                      Timestamp now) noexcept {
    bucket.next_at = detail::bounded_next_at(limit, bucket, now);
    return detail::start_before(limit, bucket.next_at);
}

ASYNCJOBS_INLINE std::optional<LimitRefusal>
admit(const LimitedJob& job, std::span<const LimitedBy> limits,
      const std::function<LimitBucket&(const std::string&)>& bucket, Timestamp now,
      const std::function<Timestamp()>& back) {
    for (const LimitedBy& by : limits)
        if (auto refused = detail::refusal(job, by, bucket(by.bucket), now, back)) return refused;
    for (const LimitedBy& by : limits) {
        LimitBucket& taken = bucket(by.bucket);
        taken.admitted.erase(job.id);
        if (by.limit->concurrency > 0) ++taken.held;
        if (by.limit->rate > 0) {
            taken.next_at = std::max(taken.next_at, now) + detail::interval(*by.limit);
        }
        if (by.limit->round_robin) taken.served_at = now;
    }
    return std::nullopt;
}

ASYNCJOBS_INLINE std::size_t free_slots(const Limit& limit, const LimitBucket& bucket,
                                        Timestamp now, std::size_t turns) noexcept {
    if (!bucket.has_waiting) return 0;
    const auto room = [](std::size_t all, std::size_t taken) {
        return all > taken ? all - taken : 0;
    };
    if (limit.round_robin) return room(turns, bucket.admitted.size());
    std::size_t most = std::numeric_limits<std::size_t>::max();
    if (limit.concurrency > 0) most = room(limit.concurrency, bucket.held + bucket.admitted.size());
    if (limit.rate > 0) {
        const Timestamp next_at = detail::bounded_next_at(limit, bucket, now);
        const Duration passed = now - detail::start_before(limit, next_at);
        const auto starts = passed < Duration::zero() ? 0 : passed / detail::interval(limit) + 1;
        most = std::min(most, room(std::min(limit.burst, static_cast<std::size_t>(starts)),
                                   bucket.admitted.size()));
    }
    return most;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
