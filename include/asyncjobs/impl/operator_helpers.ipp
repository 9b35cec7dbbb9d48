#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/store/operator_helpers.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// The largest number that every store keeps.
inline constexpr std::uint64_t max_stored =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
/// Of the tallies of one heartbeat, so that their sums can be stored.
inline constexpr std::uint64_t max_tally_count = 1'000'000'000'000;
inline constexpr Duration max_tally_sum = std::chrono::hours{24 * 365 * 1'000};

inline void check_not_empty(std::string_view argument, std::string_view value) {
    if (value.empty()) refuse(argument, value, "must not be empty");
}

inline void check_worker_name(std::string_view worker) {
    check_label("worker", worker);
    check_not_empty("worker", worker);
}

/// Of free text.
inline void check_text(std::string_view argument, std::string_view value, std::size_t max_size) {
    if (value.size() > max_size || storable(value) != value)
        refuse(argument, value,
               fmt::format("must be at most {} bytes of UTF-8 without NUL", max_size));
}

inline void check_operator_time(std::string_view argument, Timestamp time) {
    constexpr Timestamp last{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
    check_range<Duration>(argument, time.time_since_epoch(), Duration{0}, last.time_since_epoch());
}

inline void check_names(std::string_view argument, std::string_view one,
                        const std::vector<std::string>& names) {
    check_range(argument, names.size(), std::size_t{0}, WorkerReport::max_names);
    for (const std::string& name : names) check_name(one, name);
}

inline void check_report(const WorkerReport& report) {
    check_worker_name(report.worker);
    check_label("host", report.host);
    check_label("version", report.version);
    check_operator_time("started_at", report.started_at);
    check_range("concurrency", report.concurrency, 0U, WorkerReport::max_concurrency);
    check_range("running", report.running, 0U, std::numeric_limits<unsigned>::max() / 2);
    check_names("the number of queues", "queue", report.queues);
    check_names("the number of types", "type", report.types);
    check_range<Duration>("next_within", report.next_within, Duration{1},
                          WorkerReport::longest_period);
}

inline void check_times(std::string_view argument, const TimeHistogram& times,
                        std::uint64_t count) {
    for (const std::uint64_t in_bucket : times.counts)
        check_range(argument, in_bucket, std::uint64_t{0}, count);
    check_range<Duration>(argument, times.sum, Duration{0}, max_tally_sum);
}

inline void check_tally(const Tally& tally) {
    const Timestamp start = tally.key.start;
    check_operator_time("start", start);
    if (start_of(TallyPeriod::minute, start) != start)
        refuse("start", shown(start.time_since_epoch()), "must be the start of a minute");
    check_name("queue", tally.key.queue);
    check_name("type", tally.key.type);
    check_text("error_code", tally.key.error_code, JobError::max_code);
    check_range("count", tally.count, std::uint64_t{1}, max_tally_count);
    check_times("waited", tally.waited, tally.count);
    check_times("ran", tally.ran, tally.count);
}

} // namespace detail

ASYNCJOBS_INLINE void validate(const WorkerHeartbeat& heartbeat) {
    detail::check_report(heartbeat.report);
    detail::check_range("number", heartbeat.number, std::uint64_t{1}, detail::max_stored);
    detail::check_range("obeyed", heartbeat.obeyed, std::uint64_t{0}, detail::max_stored);
    detail::check_range("the number of tallies", heartbeat.tallies.size(), std::size_t{0},
                        WorkerHeartbeat::max_tallies);
    for (const Tally& tally : heartbeat.tallies) detail::check_tally(tally);
}

ASYNCJOBS_INLINE void check_order(std::string_view worker, const WorkerOrder& order,
                                  Duration valid_for) {
    detail::check_worker_name(worker);
    if (order == WorkerOrder{})
        throw Error(Errc::invalid_argument, "order has no members, but must have one");
    if (order.concurrency)
        detail::check_range("concurrency", *order.concurrency, 1U, WorkerReport::max_concurrency);
    detail::check_range<Duration>("valid_for", valid_for, std::chrono::seconds{1},
                                  std::chrono::hours{1});
}

ASYNCJOBS_INLINE void check_workers(std::string_view after, std::size_t limit) {
    detail::check_label("after", after);
    detail::check_range("limit", limit, std::size_t{1}, OperatorStore::max_workers);
}

ASYNCJOBS_INLINE void validate(const HistoryQuery& query) {
    detail::check_range("limit", query.limit, std::size_t{1}, HistoryQuery::max_limit);
    detail::check_operator_time("since", query.since);
    detail::check_operator_time("until", query.until);
    if (query.queue) detail::check_name("queue", *query.queue);
    if (query.type) detail::check_name("type", *query.type);
    if (!query.after) return;
    detail::check_operator_time("after", query.after->start);
    detail::check_name("after", query.after->queue);
    detail::check_name("after", query.after->type);
    detail::check_text("after", query.after->error_code, JobError::max_code);
}

ASYNCJOBS_INLINE void validate(const AuditEntry& entry) {
    detail::check_label("who", entry.who);
    detail::check_label("from", entry.from);
    detail::check_label("action", entry.action);
    detail::check_text("target", entry.target, AuditEntry::max_text);
    detail::check_text("reason", entry.reason, AuditEntry::max_text);
    detail::check_text("outcome", entry.outcome, AuditEntry::max_text);
}

ASYNCJOBS_INLINE void validate(const AuditQuery& query) {
    detail::check_range("limit", query.limit, std::size_t{1}, AuditQuery::max_limit);
}

ASYNCJOBS_INLINE WorkerOrder merged(const WorkerOrder& earlier, const WorkerOrder& later) {
    return {.quiet = later.quiet ? later.quiet : earlier.quiet,
            .concurrency = later.concurrency ? later.concurrency : earlier.concurrency};
}

namespace detail {

inline bool could_run(const WorkerRecord& worker, std::string_view queue, std::string_view type,
                      Timestamp now) {
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
        return std::ranges::find(names, name) != names.end();
    };
    return takes_orders(worker, now) && has(worker.report.queues, queue) &&
           has(worker.report.types, type);
}

} // namespace detail

ASYNCJOBS_INLINE std::optional<WorkerWait>
worker_wait_of(OperatorStore& store, std::string_view queue, std::string_view type) {
    WorkerWait wait;
    for (std::optional<std::string> after = std::string(); after;) {
        WorkerPage page = store.workers(*after, OperatorStore::max_workers);
        for (const WorkerRecord& worker : page.workers) {
            if (!detail::could_run(worker, queue, type, page.now)) continue;
            ++wait.workers;
            const WorkerReport& report = worker.report;
            if (report.state != WorkerState::running)
                ++wait.quiet;
            else if (report.running >= report.concurrency)
                ++wait.busy;
            else
                return std::nullopt;
        }
        after = std::move(page.next);
    }
    return wait;
}

ASYNCJOBS_INLINE std::vector<Tally> tallies_of(TallyPeriod period, std::span<const Tally> minutes) {
    std::map<TallyKey, Tally> by_key;
    for (const Tally& minute : minutes) {
        TallyKey key = minute.key;
        key.start = start_of(period, key.start);
        by_key[std::move(key)].add(minute);
    }
    std::vector<Tally> tallies;
    tallies.reserve(by_key.size());
    for (auto& [key, tally] : by_key) {
        tally.key = key;
        tallies.push_back(std::move(tally));
    }
    return tallies;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
