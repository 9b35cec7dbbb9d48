#include "store/sql_operator_store.hpp"

#include "statements/statements.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr Duration moment{1};

std::int64_t number_of(Query& query, const auto&... arguments) {
    std::int64_t number = 0;
    query.for_first([&](Row row) { number = row.number(); }, arguments...);
    return number;
}

/// `counted`, or what the database estimates if it is more.
Count or_estimate(const Count& counted, const std::optional<std::int64_t>& estimate) {
    if (counted.precision == Count::Precision::exact || !estimate ||
        *estimate <= static_cast<std::int64_t>(counted.value))
        return counted;
    return {static_cast<std::uint64_t>(*estimate), Count::Precision::about};
}

bool has_jobs(const QueueState& queue) {
    return queue.due.value + queue.scheduled.value + queue.blocked.value + queue.throttled.value +
               queue.processing.value >
           0;
}

} // namespace

Count count_of(std::int64_t rows) noexcept {
    constexpr auto most = static_cast<std::int64_t>(Count::counted);
    if (rows > most) return {Count::counted, Count::Precision::at_least};
    return {static_cast<std::uint64_t>(rows), Count::Precision::exact};
}

Timestamp SqlJobStore::Operators::first_lease(Timestamp now) const {
    return std::min(store_.lease_watermarks_.watermark_of(all_leases), now);
}

std::optional<std::string> SqlJobStore::Operators::next_queue(Session& session,
                                                              std::string_view after) {
    std::optional<std::string> name;
    session.query(sql().next_queue).for_first([&](Row row) { name = row.take_text(); }, after);
    return name;
}

/// Where the database has no index of all pending jobs: queue by queue.
Count SqlJobStore::Operators::count_pending(Session& session) {
    if (!sql().count_pending.text.empty())
        return count_of(number_of(session.query(sql().count_pending), most_counted));
    std::int64_t found = 0;
    std::size_t queues = 0;
    for (auto queue = next_queue(session, ""); queue; queue = next_queue(session, *queue)) {
        if (++queues > max_queues)
            return {static_cast<std::uint64_t>(found), Count::Precision::at_least};
        found += number_of(session.query(sql().count_before), *queue, never_due, after_all_ids,
                           most_counted - static_cast<std::size_t>(found));
        if (count_of(found).precision != Count::Precision::exact) break;
    }
    return count_of(found);
}

Count SqlJobStore::Operators::count_completed(Session& session) {
    std::int64_t looked_at = 0, completed = 0;
    for (const std::string& type : store_.finished_types(session)) {
        session.query(sql().count_finished)
            .for_first(
                [&](Row row) {
                    looked_at += row.number();
                    completed += row.number();
                },
                type, store_.finished_watermarks_.watermark_of(type),
                most_counted - static_cast<std::size_t>(looked_at));
        if (count_of(looked_at).precision != Count::Precision::exact)
            return {static_cast<std::uint64_t>(completed), Count::Precision::at_least};
    }
    return count_of(completed);
}

StatusCounts SqlJobStore::Operators::counts() {
    return store_.transact(Access::reading, [&](Session& session, CallTime call) {
        const auto count = [&](const Sql& statement) {
            return count_of(number_of(session.query(statement), most_counted));
        };
        StatusCounts found;
        found.now = time_of(session, call);
        const StatusEstimates about = store_.dialect_->estimates(session);
        found.pending = or_estimate(count_pending(session), about.pending);
        std::int64_t processing = 0;
        session.query(sql().processing)
            .for_each(
                [&](Row row) {
                    row.skip();
                    processing += row.number();
                },
                first_lease(found.now), most_counted);
        found.processing = count_of(processing);
        found.failed = or_estimate(count(sql().count_failed), about.failed);
        found.cancelled = or_estimate(count(sql().count_cancelled), about.cancelled);
        std::optional<std::int64_t> completed;
        if (about.finished)
            completed = *about.finished -
                        static_cast<std::int64_t>(found.failed.value + found.cancelled.value);
        found.completed = or_estimate(count_completed(session), completed);
        return found;
    });
}

/// Reads the next queue as well, as `next`: where statements share packets, a queue is one of them,
/// however few jobs it has.
void SqlJobStore::Operators::add_pending(Session& session, QueueState& queue, std::string_view name,
                                         CallTime now, Timestamp time,
                                         std::optional<std::string>& next) {
    session.query(sql().next_queue).add([&](Row row) { next = row.take_text(); }, name);
    const auto add = [](Count& to, const Count& found, bool is_whole) {
        to.value += found.value;
        if (!is_whole) to.precision = Count::Precision::at_least;
    };
    const auto count_later = [&](Row row) {
        const auto all = count_of(row.number());
        const auto blocked = count_of(row.number()), throttled = count_of(row.number());
        const bool is_whole = all.precision == Count::Precision::exact;
        add(queue.blocked, blocked, is_whole);
        add(queue.throttled, throttled, is_whole);
        const auto others = std::min(all.value, blocked.value + throttled.value);
        add(queue.scheduled, {.value = all.value - others}, is_whole);
    };
    // What waits for something else than a time does not hide behind what waits for one.
    session.query(sql().count_later).add(count_later, name, time, never_due - moment, most_counted);
    session.query(sql().count_later)
        .add(count_later, name, never_due - moment, never_due, most_counted);
    const Counted due = store_.count_due(session, name, most_counted, now);
    queue.due = count_of(static_cast<std::int64_t>(due.number));
    if (due.oldest)
        session.query(sql().first_due)
            .for_first([&](Row row) { queue.oldest_due = row.time(); }, name, *due.oldest, time);
}

/// The rest of the page's queues: those without pending jobs that have others, or are paused.
void SqlJobStore::Operators::add_others(Session& session, QueuesByName& found,
                                        const QueuePage& page, std::string_view after) {
    const auto queue = [&](Row& row) -> QueueState* {
        auto name = row.take_text();
        if (name <= after || (page.next && name > *page.next)) return nullptr;
        return &found[std::move(name)];
    };
    std::int64_t processing = 0;
    session.query(sql().processing)
        .for_each(
            [&](Row row) {
                QueueState* const known = queue(row);
                const std::int64_t number = row.number();
                processing += number;
                if (known) known->processing = count_of(number);
            },
            first_lease(page.now), most_counted);
    if (count_of(processing).precision != Count::Precision::exact)
        for (auto& [name, known] : found) known.processing.precision = Count::Precision::at_least;
    session.query(sql().paused_queues)
        .for_each(
            [&](Row row) {
                if (QueueState* const known = queue(row)) known->paused_since = row.time();
            },
            after, max_queues);
}

QueuePage SqlJobStore::Operators::queues(std::string_view after, std::size_t limit) {
    check_queues(after, limit);
    return store_.transact(Access::reading, [&](Session& session, CallTime call) {
        QueuePage page;
        page.now = time_of(session, call);
        QueuesByName found;
        std::string last(after);
        std::size_t looked_at = 0;
        std::optional<std::string> next;
        for (auto name = next_queue(session, last); name; name = std::exchange(next, {})) {
            if (found.size() == limit || looked_at++ == max_queues) {
                page.next = last;
                break;
            }
            last = *name;
            QueueState queue;
            add_pending(session, queue, last, call, page.now, next);
            if (has_jobs(queue)) found.emplace(last, std::move(queue));
        }
        add_others(session, found, page, after);
        for (auto& [name, queue] : found) {
            if (!has_jobs(queue) && !queue.paused_since) continue;
            if (page.queues.size() == limit) {
                page.next = page.queues.back().name;
                break;
            }
            queue.name = name;
            page.queues.push_back(std::move(queue));
        }
        return page;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
