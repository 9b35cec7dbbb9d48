#include "store/limit_table.hpp"

#include "db/row_of.hpp"

#include "db/json_rows.hpp"
#include "statements/limit_statements.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::array<std::string_view, 3> names_of_scope = {"limit", "owner", "key"};

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
    session.query(shared::sql.waiting_for)
        .for_each(
            [&](Row cells) {
                RowOf<columns::waiting_for> row(cells);
                const Timestamp queued_at = row.time("queued_at");
                const std::int64_t revision = row.number("job_revision");
                if (row.optional_number("held_revision") != revision) return;
                waiting.push_back({parse_id(row.text("job")), queued_at, revision});
                dialect.lower_watermark(row.text("queue"), queued_at);
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

Limit read_limit(Row cells) {
    RowOf<columns::limit> row(cells);
    Limit limit;
    limit.name = row.take_text("name");
    limit.queue = row.take_text("queue");
    limit.type = row.take_text("type");
    const auto scope = std::ranges::find(names_of_scope, row.text("scope"));
    limit.scope = static_cast<LimitScope>(scope - names_of_scope.begin());
    limit.concurrency = static_cast<std::size_t>(row.number("concurrency"));
    limit.rate = static_cast<std::size_t>(row.number("rate"));
    limit.period = row.duration("period");
    limit.burst = static_cast<std::size_t>(row.number("burst"));
    limit.round_robin = row.number("round_robin") != 0;
    return limit;
}

std::vector<Limit> read_limits(Session& session) {
    std::vector<Limit> limits;
    session.query(shared::sql.limits).for_each([&](Row row) { limits.push_back(read_limit(row)); });
    return limits;
}

void set_limit(Session& session, const Dialect& dialect, const Limit& limit, CallTime now) {
    const auto known = read_limits(session);
    if (std::ranges::find(known, limit) != known.end()) return;
    if (is_limiting(limit)) {
        // Updates the row in place: transactions that wait for its lock would not see a new row.
        const auto write = [&](const Sql& sql) {
            return session.query(sql).change(
                limit.queue, limit.type, names_of_scope[static_cast<std::size_t>(limit.scope)],
                limit.concurrency, limit.rate, limit.period, limit.burst, limit.round_robin ? 1 : 0,
                now, limit.name);
        };
        if (write(shared::sql.change_limit) == 0) write(shared::sql.add_limit);
    } else {
        session.query(shared::sql.remove_limit).change(limit.name);
    }
    for (const auto& [first, last] : bucket_ranges_of(limit.name)) {
        requeue_waiting(session, dialect, first, last);
        session.query(shared::sql.remove_waiting).change(first, last);
        session.query(shared::sql.remove_admitted).change(first, last);
        session.query(shared::sql.forget_buckets).change(first, last);
    }
}

std::string forget_idle_buckets(Session& session, const Dialect& dialect, const std::string& job,
                                CallTime now) {
    session.query(shared::sql.forget_idle_buckets).change(now, never_due);
    session.query(shared::sql.forget_slots).change();
    std::string last;
    session.query(shared::sql.last_of_waiting)
        .for_first([&](Row row) { last = row.take_text(); }, job);
    session.query(dialect.store_statements().forget_waiting)
        .change(job, last.empty() ? after_all_ids : last);
    return last;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
