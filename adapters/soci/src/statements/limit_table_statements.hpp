#pragma once

#include "statements/columns.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared {

/// Statements about limits that are the same in all dialects.
struct LimitTableStatements {
    /// The queues whose jobs are under limits. An empty name is a limit of all queues.
    Sql limited_queues = {"limited_queues", "SELECT DISTINCT queue FROM job_limits",
                          columns::one_text};

    Sql limits = {"limits", "SELECT {columns} FROM job_limits ORDER BY name", columns::limit};

    Sql remove_limit = {"remove_limit", "DELETE FROM job_limits WHERE name = :name"};

    Sql change_limit = {"change_limit", R"sql(
        UPDATE job_limits
           SET queue = :queue, type = :type, scope = :scope, concurrency = :concurrency,
               rate = :rate, period = :period, burst = :burst, round_robin = :round_robin,
               updated_at = :now
         WHERE name = :name
    )sql"};

    Sql add_limit = {"add_limit", R"sql(
        INSERT INTO job_limits
               (queue, type, scope, concurrency, rate, period, burst, round_robin,
                updated_at, name)
        VALUES (:queue, :type, :scope, :concurrency, :rate, :period, :burst, :round_robin,
                :now, :name)
    )sql"};

    /// Each slot, with its job's status, fence and run_at; null if the job was removed.
    Sql slots = {"slots", "SELECT {columns} FROM job_slots", columns::slot};

    /// Buckets that are due, and those that were written by a clock that was set back since: their
    /// times mean nothing.
    Sql due_buckets = {"due_buckets", R"sql(
        SELECT {columns} FROM job_buckets WHERE due_at <= :now
         UNION ALL
        SELECT {columns} FROM job_buckets WHERE updated_at > :now AND due_at < :never
    )sql",
                       columns::bucket};

    Sql next_buckets = {"next_buckets", R"sql(
        SELECT {columns} FROM job_buckets
         WHERE due_at > :now AND due_at < :never
         ORDER BY due_at LIMIT 100
    )sql",
                        columns::bucket_and_due_at};

    // Of a limit: buckets in ranges of names, see bucket_ranges_of().

    Sql waiting_for = {"waiting_for", "SELECT {columns} FROM job_waiting WHERE {of_limit}",
                       columns::waiting_for};
    Sql remove_waiting = {"remove_waiting", "DELETE FROM job_waiting WHERE {of_limit}"};
    Sql remove_admitted = {"remove_admitted",
                           "DELETE FROM job_slots WHERE {of_limit} AND fence = 0"};
    Sql forget_buckets = {"forget_buckets", "DELETE FROM job_buckets WHERE {of_limit}"};

    /// Buckets that no claim needs any more. A free slot makes its bucket due; but no claim asks
    /// for buckets of a worker's own limits once the worker is gone. The round of a bucket is kept
    /// for a day.
    Sql forget_idle_buckets = {"forget_idle_buckets", R"sql(
        DELETE FROM job_buckets
         WHERE next_at < :now - 86400000000
           AND (due_at = :never
                OR bucket LIKE '%@%' AND bucket NOT LIKE '%=%@%'
                   AND coalesce((SELECT 1 FROM job_waiting
                                  WHERE job_waiting.bucket = job_buckets.bucket LIMIT 1), 0) = 0)
    )sql"};

    /// The last row of a piece of job_waiting.
    Sql last_of_waiting = {"last_of_waiting", R"sql(
        SELECT job FROM job_waiting WHERE job > :after ORDER BY job LIMIT 1 OFFSET 1000
    )sql",
                           columns::one_text};

    Sql forget_slots = {"forget_slots", R"sql(
        DELETE FROM job_slots
         WHERE bucket LIKE '%@%' AND bucket NOT LIKE '%=%@%'
           AND coalesce((SELECT CASE WHEN status = 'processing' THEN jobs.fence END
                           FROM jobs WHERE id = job), -1) <> job_slots.fence
    )sql"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared
