#include "postgresql/array.hpp"
#include "postgresql/dialect.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"
#include "store/dependencies.hpp"
#include "store/each_job_once.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Returns the inserted jobs, with their creation times.
std::unordered_map<JobId, Timestamp> insert(Session& session, const Sql& statement,
                                            std::span<const NewJob> jobs,
                                            const std::unordered_set<JobId>& waited_for,
                                            CallTime now) {
    PostgresqlArray ids, types, queues, owners, priorities, max_attempts, unique_keys,
        idempotency_keys, limit_keys, timeouts, retentions, keep_failed, run_at, delays, deadlines,
        start_within, inputs, metadata, dependents;
    for (const NewJob& job : jobs) {
        ids.add(job.id.text());
        types.add(job.type);
        queues.add(job.queue);
        owners.add(job.owner);
        priorities.add(job.priority);
        max_attempts.add(job.max_attempts);
        unique_keys.add(job.unique_key);
        idempotency_keys.add(job.idempotency_key);
        limit_keys.add(job.limit_key);
        timeouts.add(job.timeout.count());
        retentions.add(job.retention.count());
        keep_failed.add(transitions::keep_failed_of(job).count());
        if (job.run_at)
            run_at.add(job.run_at->time_since_epoch().count());
        else
            run_at.add_null();
        delays.add(job.delay.count());
        if (job.deadline)
            deadlines.add(job.deadline->time_since_epoch().count());
        else
            deadlines.add_null();
        if (job.start_within > Duration::zero())
            start_within.add(job.start_within.count());
        else
            start_within.add_null();
        inputs.add(job.input.text());
        metadata.add(metadata_of(job));
        dependents.add(waited_for.contains(job.id) ? 1 : 0);
    }
    std::unordered_map<JobId, Timestamp> inserted;
    session.query(statement).for_each(
        [&](Row row) {
            const JobId id = read_id(row);
            inserted.emplace(id, row.time());
        },
        now, priority_step, ids.text(), types.text(), queues.text(), owners.text(),
        priorities.text(), max_attempts.text(), unique_keys.text(), idempotency_keys.text(),
        limit_keys.text(), timeouts.text(), retentions.text(), keep_failed.text(), run_at.text(),
        delays.text(), deadlines.text(), start_within.text(), inputs.text(), metadata.text(),
        dependents.text());
    return inserted;
}

/// Returns the conflict that prevented `job` from being inserted, or its replacement; empty if the
/// conflict no longer exists.
std::optional<Submitted> resolve_conflict(Session& session, const NewJob& job, CallTime now) {
    auto conflict = find_conflict(session, job);
    if (conflict && may_replace(job, *conflict) &&
        session.query(postgresql::sql.replace)
                .change(job.input.text(), job.run_at, now, job.delay, conflict->id) == 1)
        conflict->outcome = Submitted::Outcome::replaced;
    return conflict;
}

Submitted submit_after_conflict(Session& session, const NewJob& job,
                                const std::unordered_set<JobId>& waited_for, CallTime now) {
    constexpr int max_tries = 10;
    for (int tries = 0; tries < max_tries; ++tries) {
        if (const auto conflict = resolve_conflict(session, job, now)) return *conflict;
        if (const auto inserted =
                insert(session, postgresql::sql.insert, {&job, 1}, waited_for, now);
            !inserted.empty())
            return {Submitted::Outcome::created, job.id, inserted.at(job.id)};
    }
    throw Error(Errc::store_busy, "concurrent submits kept taking the job's keys");
}

/// Inserts and commits in one round trip. Returns false, and inserts nothing, on a conflict.
bool insert_all(Session& session, std::span<const NewJob> jobs, CallTime now,
                std::vector<Submitted>& outcomes) {
    constexpr std::string_view unique_violation = "23505";
    // A taken key is expected, and must not cause an entry in the server's log.
    if (std::ranges::any_of(jobs, [](const NewJob& job) {
            return job.unique_key || job.idempotency_key || !job.after.empty();
        }))
        return false;
    try {
        const auto inserted = insert(session, postgresql::sql.insert_all, jobs, {}, now);
        for (const NewJob& job : jobs)
            outcomes.push_back({Submitted::Outcome::created, job.id, inserted.at(job.id)});
        return true;
    } catch (const soci::postgresql_soci_error& error) {
        if (error.sqlstate() != unique_violation) throw;
        return false;
    }
}

} // namespace

void PostgresqlDialect::submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                               std::vector<Submitted>& outcomes) const {
    if (as_postgresql(session).commits_each_batch()) {
        if (insert_all(session, jobs, now, outcomes)) {
            watermarks_.expect(jobs, outcomes, steady_now());
            return;
        }
        begin_write(session);
    }
    const std::size_t start = outcomes.size();
    const auto waited_for = ids_waited_for(jobs);
    const auto submit_batch = [&](std::span<const NewJob> batch) {
        const auto inserted = insert(session, postgresql::sql.insert, batch, waited_for, now);
        for (const NewJob& job : batch) {
            const auto found = inserted.find(job.id);
            outcomes.push_back(found != inserted.end()
                                   ? Submitted{Submitted::Outcome::created, job.id, found->second}
                                   : submit_after_conflict(session, job, waited_for, now));
        }
    };
    const auto id_of = [](const NewJob& job) { return job.id; };
    const auto key_of = [](const NewJob& job) -> std::string_view {
        return job.idempotency_key ? *job.idempotency_key : job.id.text();
    };
    const SubmitSteps steps = {
        .insert =
            [&](std::span<const NewJob> all) {
                in_batches(all, id_of, [&](std::span<const NewJob> some) {
                    in_batches(some, key_of, submit_batch);
                });
            },
        .conflict = [&](const NewJob& job) { return resolve_conflict(session, job, now); }};
    submit_in_order(session, postgresql::sql.rows, jobs, steps, outcomes);
    watermarks_.expect(jobs, std::span(outcomes).subspan(start), steady_now());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
