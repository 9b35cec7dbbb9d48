#pragma once

#include <asyncjobs/limit_lines.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// A limit's lines are called by its name, `@worker` if it is an executor's own, and `=key`. Names
/// have neither of these characters.
inline std::string line_name(const Limit& limit, std::string_view worker) {
    return worker.empty() ? limit.name : limit.name + '@' + std::string(worker);
}

inline bool is_line_of(std::string_view line, std::string_view name) {
    return line.starts_with(name) && (line.size() == name.size() || line[name.size()] == '=');
}

inline void add_limits(std::vector<LimitedBy>& out, std::span<const Limit> limits,
                       std::string_view worker, std::string_view type, std::string_view queue,
                       std::string_view owner, const std::optional<std::string>& limit_key) {
    for (const Limit& limit : limits) {
        const bool applies = (limit.queue.empty() || limit.queue == queue) &&
                             (limit.type.empty() || limit.type == type) &&
                             (limit.per != LimitPer::key || limit_key);
        if (!applies) continue;
        std::string line = line_name(limit, worker);
        if (limit.per == LimitPer::owner) line.append("=").append(owner);
        if (limit.per == LimitPer::key) line.append("=").append(*limit_key);
        out.push_back({&limit, std::move(line), !worker.empty()});
    }
}

/// Between two starts; rounded up, so that there are never more than the rate says.
inline Duration interval(const Limit& limit) {
    const auto rate = static_cast<Duration::rep>(limit.rate);
    return (limit.period + Duration{rate - 1}) / rate;
}

/// When a job may start, by the rate.
inline Timestamp next_start(const Limit& limit, const LimitLine& line) {
    return line.next_at - static_cast<Duration::rep>(limit.burst - 1) * interval(limit);
}

/// A line whose jobs come one at a time is idle for those that came after its last one had started.
inline bool is_next_in_turn(const LimitLine& line, const LimitedJob& job) {
    if (line.called.contains(job.id)) return true;
    return line.called.empty() && !line.has_waiting &&
           (!line.served_at || *line.served_at < job.queued_at);
}

/// When a job that comes too early for a rate is due. Starts are a bit later than planned, each of
/// them, and so are those after them: who was given a time already is not sent to the end for it.
inline Timestamp other_time(const LimitedJob& job, const Limit& limit, LimitLine& line,
                            Timestamp earliest, Timestamp now) {
    const Duration apart = interval(limit);
    Timestamp wanted = std::max(line.offered_until + apart, earliest);
    if (job.was_given_time)
        wanted = earliest + std::min(line.put_off++, limit_horizon / apart) * apart;
    const Timestamp time = std::min(wanted, now + limit_horizon);
    line.offered_until = std::max(line.offered_until, time);
    return time;
}

inline std::optional<LimitRefusal> refusal(const LimitedJob& job, const LimitedBy& by,
                                           LimitLine& line, Timestamp now,
                                           const std::function<Timestamp()>& back) {
    // Jobs that wait for one executor may be taken by another meanwhile.
    constexpr Duration tries_elsewhere = std::chrono::seconds{15};
    using Until = LimitRefusal::Until;
    const Limit& limit = *by.limit;
    if (limit.concurrency > 0 && line.held >= limit.concurrency) {
        line.has_waiting = true;
        return LimitRefusal{by, Until::called,
                            by.of_worker ? std::optional(now + tries_elsewhere) : std::nullopt};
    }
    if (limit.rate > 0) {
        const Timestamp earliest = next_start(limit, line);
        if (earliest > now)
            return LimitRefusal{by, Until::some_time, other_time(job, limit, line, earliest, now)};
    }
    if (limit.in_turn && !is_next_in_turn(line, job)) {
        if (line.called.empty() && !line.has_waiting) {
            line.called.insert(job.id);
            return LimitRefusal{by, Until::its_turn, back()};
        }
        line.has_waiting = true;
        return LimitRefusal{by, Until::called, {}};
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

ASYNCJOBS_INLINE const Limit* LimitsOfClaim::limit_of(std::string_view line) const {
    for (const Limit& limit : of_all_)
        if (detail::is_line_of(line, limit.name)) return &limit;
    for (const Limit& limit : of_worker_)
        if (detail::is_line_of(line, detail::line_name(limit, worker_))) return &limit;
    return nullptr;
}

ASYNCJOBS_INLINE std::optional<LimitRefusal>
admit(const LimitedJob& job, std::span<const LimitedBy> limits,
      const std::function<LimitLine&(const std::string&)>& line, Timestamp now,
      const std::function<Timestamp()>& back) {
    for (const LimitedBy& by : limits)
        if (auto refused = detail::refusal(job, by, line(by.line), now, back)) return refused;
    for (const LimitedBy& by : limits) {
        LimitLine& taken = line(by.line);
        taken.called.erase(job.id);
        if (by.limit->concurrency > 0) ++taken.held;
        if (by.limit->rate > 0) {
            taken.next_at = std::max(taken.next_at, now) + detail::interval(*by.limit);
            taken.put_off = 0;
        }
        if (by.limit->in_turn) taken.served_at = now;
    }
    return std::nullopt;
}

ASYNCJOBS_INLINE std::size_t jobs_to_call(const Limit& limit, const LimitLine& line,
                                          std::size_t turns) noexcept {
    if (!line.has_waiting) return 0;
    const auto room = [](std::size_t all, std::size_t taken) {
        return all > taken ? all - taken : 0;
    };
    if (limit.in_turn) return room(turns, line.called.size());
    return room(limit.concurrency, line.held + line.called.size());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
