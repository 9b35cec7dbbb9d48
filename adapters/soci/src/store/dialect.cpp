#include "store/dialect.hpp"

#include "db/row_of.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/purged_jobs.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

Timestamp time_of(Session& session, CallTime now) {
    Timestamp time = now.value_or(Timestamp());
    if (!now) session.query(shared::sql.time).for_first([&](Row row) { time = row.time(); }, now);
    return time;
}

std::vector<ClaimedJob> Dialect::take(Session& session, std::span<const LimitCandidate> jobs,
                                      const ClaimRequest& request, Timestamp now) const {
    std::vector<ClaimedJob> taken;
    in_rows(jobs, add_revision, [&](const std::string& rows) {
        session.query(limit_statements().take)
            .for_each([&](Row row) { taken.push_back(read_claimed(row)); }, rows, request.worker,
                      now, now + request.lease_for, request.lease_for, request.ahead ? 1 : 0);
    });
    return taken;
}

std::vector<Rescued> Dialect::rescue(Session& session, Timestamp watermark, std::size_t limit,
                                     int crash_limit, CallTime now) const {
    std::vector<Rescued> rescued;
    session.query(store_statements().rescue)
        .for_each(
            [&](Row cells) {
                RowOf<columns::rescued> row(cells);
                Rescued one;
                one.id = parse_id(row.text("id"));
                one.queue = row.take_text("queue");
                one.status = parse_status(row.text("status"));
                if (one.status == JobStatus::pending)
                    lower_watermark(one.queue, row.time("run_at"));
                rescued.push_back(std::move(one));
            },
            now, crash_limit, to_text(worker_lost()), attempt_entry(worker_lost()), watermark,
            limit);
    return rescued;
}

std::size_t Dialect::advance(Session& session, Timestamp watermark, std::size_t limit,
                             CallTime now) const {
    return session.query(store_statements().advance).change(priority_step, watermark, now, limit);
}

std::size_t Dialect::purge(Session& session, std::string_view type, Timestamp watermark,
                           std::size_t limit, CallTime now) const {
    PurgedJobs purged;
    session.query(store_statements().purge)
        .for_each([&](Row row) { purged.add(row); }, type, watermark, now, limit);
    purged.delete_dependencies(session, row_statements());
    return purged.count();
}

std::optional<Submitted> find_conflict(Session& session, const NewJob& job) {
    using Outcome = Submitted::Outcome;
    Submitted conflict{Outcome::id_exists, job.id, {}};
    if (session.query(shared::sql.created_at)
            .for_first([&](Row row) { conflict.created_at = row.time(); }, job.id))
        return conflict;
    const auto is_taken = [&](const std::optional<std::string>& key, const Sql& holder) {
        const auto read = [&](Row row) {
            conflict.id = read_id(row);
            conflict.created_at = row.time();
        };
        return key && session.query(holder).for_first(read, *key);
    };
    conflict.outcome = Outcome::repeated;
    if (is_taken(job.idempotency_key, shared::sql.first_of_key)) return conflict;
    conflict.outcome = Outcome::key_taken;
    if (is_taken(job.unique_key, shared::sql.key_holder)) return conflict;
    return std::nullopt;
}

std::optional<Duration> next_due_in(Session& session, const Sql& statement,
                                    std::span<const std::string> queues, CallTime now) {
    std::optional<Duration> least;
    const auto read = [&](Row row) {
        const Duration due = std::max(row.duration(), Duration::zero());
        least = std::min(least.value_or(due), due);
    };
    for (const std::string& queue : queues) session.query(statement).add(read, now, queue);
    session.run_added();
    return least;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
