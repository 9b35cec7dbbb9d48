#pragma once

#include "statements/shared_statements.hpp"

#include <asyncjobs/store/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements of SqlJobStore that a dialect may have its own words for.
struct StoreStatements {
    // Each dialect has its own.
    Sql find = {};           ///< by ids
    Sql find_summaries = {}; ///< by ids
    Sql find_listed = {};    ///< by ids: what a search returns

    // Empty where Dialect has other statements.
    Sql rescue = {};
    Sql purge = {};
    Sql advance = {};

    // The same in most dialects.

    /// A queue keeps the time at which it was paused first.
    Sql set_paused = {"set_paused", R"sql(
        INSERT INTO job_queues (name, paused, updated_at) VALUES (:queue, :paused, :now)
            ON CONFLICT (name) DO UPDATE
           SET paused = excluded.paused, updated_at = excluded.updated_at
         WHERE job_queues.paused <> excluded.paused
    )sql"};

    // Steps: see job_steps.hpp.

    /// Changes no row if the job has the step already.
    Sql add_step = {"add_step", R"sql(
        INSERT INTO job_steps (job, name, number, result)
        SELECT id, :name, {latest_step} + 1, :result FROM jobs
         WHERE id = :id AND fence = :fence AND nullif(status, '') = 'processing'
            ON CONFLICT DO NOTHING
    )sql"};
    /// After that: makes it the job's latest step, unless the job had it already.
    Sql count_step = {"count_step", R"sql(
        UPDATE jobs SET steps = CAST({latest_step} + 1 AS text)
         WHERE id = :id AND fence = :fence AND nullif(status, '') = 'processing' AND {is_new_step}
    )sql"};

    // Leases

    Sql leases_of = {"leases_of", R"sql(
        SELECT {columns} FROM jobs
         WHERE status = 'processing' AND worker = :worker AND lease_expires_at >= {floor_or_now}
    )sql",
                     columns::claimed};

    // Sweeps: the time, and when the first job is due for which there is something to do. See
    // SweepWatermarks.

    Sql expired_lease = {"expired_lease", R"sql(
        SELECT :now,
               (SELECT lease_expires_at FROM jobs
                 WHERE status = 'processing'
                   AND lease_expires_at >= :watermark AND lease_expires_at <= :now
                 ORDER BY lease_expires_at LIMIT 1)
    )sql",
                         columns::now_and_oldest};

    /// Jobs that are still to get their head start.
    Sql to_advance = {"to_advance", R"sql(
        SELECT :now, (SELECT run_at FROM jobs WHERE {is_to_advance} ORDER BY run_at LIMIT 1)
    )sql",
                      columns::now_and_oldest};

    /// The type of finished jobs that comes after another. May name one of which no job has
    /// finished.
    Sql next_type = {"next_type", R"sql(
        SELECT type FROM jobs WHERE type > :after AND expires_at IS NOT NULL ORDER BY type LIMIT 1
    )sql",
                     columns::one_text};

    /// Finished jobs of a type that are to be purged.
    Sql expired_job = {"expired_job", R"sql(
        SELECT :now,
               (SELECT expires_at FROM jobs
                 WHERE type = :type AND expires_at >= :watermark AND expires_at <= :now
                 ORDER BY expires_at LIMIT 1)
    )sql",
                       columns::now_and_oldest};

    Sql past_tombstone = {"past_tombstone", R"sql(
        SELECT :now,
               (SELECT expires_at FROM job_tombstones
                 WHERE expires_at >= :watermark AND expires_at <= :now ORDER BY expires_at LIMIT 1)
    )sql",
                          columns::now_and_oldest};
    Sql forget_tombstones = {"forget_tombstones", R"sql(
        DELETE FROM job_tombstones WHERE id IN ({past_tombstones})
    )sql"};

    /// Of the jobs that wait for a limit, up to `last`, those that no longer do.
    Sql forget_waiting = {"forget_waiting", R"sql(
        DELETE FROM job_waiting WHERE job > :after AND job <= :last AND {waits_no_more}
    )sql"};

    // Counts, up to `count_limit`, with the time and the first of what was counted: see
    // CountWatermarks.

    /// Counts up to the time.
    Sql count_waiting = {"count_waiting", R"sql(
        SELECT count(*), :now, min(run_at)
          FROM (SELECT run_at FROM jobs
                 WHERE status = 'pending' AND queue = :queue
                   AND run_at >= :watermark AND run_at <= :now
                 ORDER BY run_at LIMIT :count_limit) AS found
    )sql",
                         columns::count_now_and_oldest};

    /// Counts up to `until`.
    Sql count_processing = {"count_processing", R"sql(
        SELECT count(*), :now, min(lease_expires_at)
          FROM (SELECT lease_expires_at FROM jobs
                 WHERE status = 'processing' AND queue = :queue
                   AND lease_expires_at >= :watermark AND lease_expires_at < :until
                 ORDER BY lease_expires_at LIMIT :count_limit) AS found
    )sql",
                            columns::count_now_and_oldest};

    /// Of the type's latest runs: the number of those that completed, the time, the first of them,
    /// and how long they took together. Jobs that are kept for the same time finish in the order
    /// in which they are purged.
    Sql latest_runs = {"latest_runs", R"sql(
        SELECT count(completed_at), :now, min(expires_at), sum(completed_at - started_at)
          FROM (SELECT completed_at, started_at, expires_at FROM jobs
                 WHERE type = :type AND expires_at >= :watermark AND expires_at < :until
                 ORDER BY expires_at DESC LIMIT 50) AS latest
    )sql",
                       columns::latest_runs};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
