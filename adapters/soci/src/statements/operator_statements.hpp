#pragma once

#include "statements/fleet_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements of SqlOperatorStore that a dialect may have its own words for. Each reads a bounded
/// number of rows: `:most` is one more than what is counted. SQLite and PostgreSQL use these texts;
/// MySQL has its own.
struct OperatorStatements {
    // Counts. Of what is not counted here, its jobs are counted queue by queue, or type by type.

    Sql count_pending = {"operators.count_pending", R"sql(
        SELECT count(*) FROM (SELECT id FROM jobs WHERE status = 'pending'
                               ORDER BY queue, run_at, id LIMIT :most) AS found
    )sql",
                         columns::one_number};
    Sql count_failed = {"operators.count_failed", R"sql(
        SELECT count(*) FROM (SELECT id FROM jobs WHERE status = 'failed'
                               ORDER BY id LIMIT :most) AS found
    )sql",
                        columns::one_number};
    Sql count_cancelled = {"operators.count_cancelled", R"sql(
        SELECT count(*) FROM (SELECT id FROM jobs WHERE status = 'cancelled'
                               ORDER BY id LIMIT :most) AS found
    )sql",
                           columns::one_number};
    /// Of a type: the finished jobs, and those of them that completed.
    Sql count_finished = {"operators.count_finished", R"sql(
        SELECT count(*), count(completed_at)
          FROM (SELECT completed_at FROM jobs
                 WHERE type = :type AND expires_at >= :watermark
                 ORDER BY expires_at LIMIT :most) AS found
    )sql",
                          columns::two_numbers};

    // Queues

    /// The queue that comes after another. May name one that has no pending job.
    Sql next_queue = {"operators.next_queue", R"sql(
        SELECT queue FROM jobs WHERE status = 'pending' AND queue > :after
         ORDER BY queue, run_at, id LIMIT 1
    )sql",
                      columns::one_text};
    Sql paused_queues = {"operators.paused_queues", R"sql(
        SELECT name, updated_at FROM job_queues WHERE name > :after AND paused = 1
         ORDER BY name LIMIT :n
    )sql",
                         columns::name_and_number};
    /// By queue, of all processing jobs.
    Sql processing = {"operators.processing", R"sql(
        SELECT queue, count(*)
          FROM (SELECT queue FROM jobs
                 WHERE status = 'processing' AND lease_expires_at >= :watermark
                 ORDER BY lease_expires_at LIMIT :most) AS found
         GROUP BY queue
    )sql",
                      columns::name_and_number};
    /// When the first of the jobs that stand from one time to another in a queue is due.
    Sql first_due = {"operators.first_due", R"sql(
        SELECT coalesce(not_before, run_at) FROM jobs
         WHERE status = 'pending' AND queue = :queue AND run_at >= :watermark AND run_at <= :until
         ORDER BY run_at, id LIMIT 1
    )sql",
                     columns::one_number};
    /// Of the jobs of a queue that stand after a time, until another: how many there are, how many
    /// wait for others, and how many for a limit.
    Sql count_later = {"operators.count_later", R"sql(
        SELECT count(*), count(nullif(blocked_by, 0)), count(waits_in)
          FROM (SELECT blocked_by, {bucket_of_later_job} AS waits_in FROM jobs
                 WHERE status = 'pending' AND queue = :queue
                   AND run_at > :watermark AND run_at <= :until
                 ORDER BY run_at, id LIMIT :most) AS found
    )sql",
                       columns::three_numbers};

    // Searches: the ids of jobs that are then read.

    Sql processing_ids = {"operators.processing_ids", R"sql(
        SELECT id FROM jobs WHERE status = 'processing' AND lease_expires_at >= :watermark
         ORDER BY lease_expires_at LIMIT :most
    )sql",
                          columns::one_text};
    Sql parents = {"operators.parents", R"sql(
        SELECT parent FROM job_dependencies WHERE child = :id LIMIT :most
    )sql",
                   columns::one_text};
    /// The range leaves no choice but the primary key, whose order it needs.
    Sql children = {"operators.children", R"sql(
        SELECT child FROM job_dependencies
         WHERE parent >= :id AND parent <= :id AND child < :before
         ORDER BY parent DESC, child DESC LIMIT :most
    )sql",
                    columns::one_text};

    // What a job waits for

    Sql waiting_job = {"operators.waiting_job", "SELECT {columns} FROM jobs WHERE id = :id",
                       columns::waiting_job};
    Sql paused_since = {"operators.paused_since", R"sql(
        SELECT updated_at FROM job_queues WHERE name = :queue AND paused = 1
    )sql",
                        columns::one_number};
    Sql open_parents = {"operators.open_parents", R"sql(
        SELECT parent FROM job_dependencies WHERE child = :id AND is_open = 1 LIMIT :most
    )sql",
                        columns::one_text};
    /// Jobs of a queue before a place in it.
    Sql count_before = {"operators.count_before", R"sql(
        SELECT count(*)
          FROM (SELECT id FROM jobs
                 WHERE status = 'pending' AND queue = :queue AND (run_at, id) < (:run_at, :id)
                 ORDER BY run_at, id LIMIT :most) AS found
    )sql",
                        columns::one_number};
    /// Jobs that wait in a bucket before a place in it.
    Sql count_before_in_bucket = {"operators.count_before_in_bucket", R"sql(
        SELECT count(*)
          FROM (SELECT job FROM job_waiting
                 WHERE bucket = :bucket AND (queued_at, job) < (:queued_at, :id)
                   AND job_revision = {revision_that_waits}
                 ORDER BY queued_at, job LIMIT :most) AS found
    )sql",
                                  columns::one_number};
    Sql holders = {"operators.holders", R"sql(
        SELECT job FROM job_slots
         WHERE bucket = :bucket AND fence > 0
           AND fence = (SELECT CASE WHEN status = 'processing' THEN jobs.fence END
                          FROM jobs WHERE id = job)
         ORDER BY job LIMIT :most
    )sql",
                   columns::one_text};
    Sql next_start = {"operators.next_start", R"sql(
        SELECT next_at FROM job_buckets WHERE bucket = :bucket
    )sql",
                      columns::one_number};

    FleetStatements fleet = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
