#include "limit_table.hpp"

#include "json_rows.hpp"
#include "limit_statements.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::array<std::string_view, 3> names_of_per = {"limit", "owner", "key"};

/// The buckets of a limit are named after it, or after it, `=` and the scope's value: two ranges.
std::array<std::pair<std::string, std::string>, 2> bucket_ranges_of(const std::string& limit) {
    constexpr char after_end = '\x01'; // less than any character of a name
    return {{{limit, limit + after_end}, {limit + '=', limit + '>'}}};
}

/// Returns the jobs that wait for the limit to their places in their queues.
void requeue_waiting(Session& session, const Dialect& dialect, const std::string& first,
                     const std::string& last) {
    struct Waiting {
        JobId id;
        Timestamp queued_at;
        std::int64_t revision;
    };
    std::vector<Waiting> waiting;
    session.query(statements::waiting_for)
        .for_each(
            [&](Row row) {
                const JobId id = read_id(row);
                const std::string queue = row.take_text();
                const Timestamp queued_at = row.time();
                const std::int64_t revision = row.number();
                if (row.next_is_null() || row.number() != revision) return;
                waiting.push_back({id, queued_at, revision});
                dialect.lower_watermark(queue, queued_at);
            },
            first, last);
    const auto add = [](JsonRows& rows, const Waiting& job) {
        rows.add(job.id, job.queued_at, std::to_string(job.revision));
    };
    in_rows(waiting, add, [&](const std::string& rows) {
        session.query(dialect.limit_statements().queue_at).change(rows);
    });
}

} // namespace

Limit read_limit(Row row) {
    Limit limit;
    limit.name = row.take_text();
    limit.queue = row.take_text();
    limit.type = row.take_text();
    const auto per = std::ranges::find(names_of_per, row.text());
    limit.scope = static_cast<LimitScope>(per - names_of_per.begin());
    limit.concurrency = static_cast<std::size_t>(row.number());
    limit.rate = static_cast<std::size_t>(row.number());
    limit.period = row.duration();
    limit.burst = static_cast<std::size_t>(row.number());
    limit.round_robin = row.number() != 0;
    return limit;
}

std::vector<Limit> read_limits(Session& session) {
    std::vector<Limit> limits;
    session.query(statements::limits).for_each([&](Row row) { limits.push_back(read_limit(row)); });
    return limits;
}

void set_limit(Session& session, const Dialect& dialect, const Limit& limit, CallTime now) {
    const auto known = read_limits(session);
    if (std::ranges::find(known, limit) != known.end()) return;
    if (is_limiting(limit)) {
        // Updates the row in place: transactions that wait for its lock would not see a new row.
        const auto write = [&](const Sql& sql) {
            return session.query(sql).change(
                limit.queue, limit.type, names_of_per[static_cast<std::size_t>(limit.scope)],
                limit.concurrency, limit.rate, limit.period, limit.burst, limit.round_robin ? 1 : 0,
                now, limit.name);
        };
        if (write(statements::change_limit) == 0) write(statements::add_limit);
    } else {
        session.query(statements::remove_limit).change(limit.name);
    }
    for (const auto& [first, last] : bucket_ranges_of(limit.name)) {
        requeue_waiting(session, dialect, first, last);
        session.query(statements::nobody_waits).change(first, last);
        session.query(statements::nobody_is_called).change(first, last);
        session.query(statements::forget_lines).change(first, last);
    }
}

std::string forget_idle_buckets(Session& session, const Dialect& dialect, const std::string& job,
                                CallTime now) {
    session.query(statements::forget_idle_lines).change(now, never_due);
    session.query(statements::forget_places).change();
    std::string last;
    session.query(statements::last_of_waiting)
        .for_first([&](Row row) { last = row.take_text(); }, job);
    constexpr const char* after_all = "~"; // greater than any id
    session.query(dialect.own_statements().forget_waiting)
        .change(job, last.empty() ? after_all : last);
    return last;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
