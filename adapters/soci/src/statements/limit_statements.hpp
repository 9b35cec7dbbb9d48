#pragma once

#include "statements/columns.hpp"

#include <asyncjobs/job.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements about limits that a dialect may have its own text for. Rows are their first
/// parameter: see JsonRows and RowStatements. SQLite and PostgreSQL use these texts; MySQL has its
/// own.
///
/// job_buckets has the buckets. `due_at` is when to look at a bucket for jobs that wait in it:
/// never_due, once a slot is free.
///
/// job_slots has a row for each taken slot of a bucket, until a claim sees that the lease of its
/// fence has ended, and one with fence 0 for each admitted job.
///
/// job_waiting has the throttled jobs, by the place in the queue that they had. A row holds while
/// its job is pending and has the row's revision: any change of the job ends the wait. The last
/// column has the limits that were reported to have throttled the job. An admitted job waits in no
/// bucket (an empty name), and is reported once more.
struct LimitStatements {
    /// Rows: queues. The limits of their jobs.
    Sql lock = {"limits.lock", R"sql(
        {batch ignored text}
        {limits_of_queues} (SELECT new_id FROM batch) ORDER BY name {for_update}
    )sql",
                columns::limit};
    Sql look = {"limits.look", R"sql(
        {batch ignored text}
        SELECT {columns} FROM jobs WHERE {is_among id new_id}
    )sql",
                columns::limited_due};

    // The condition on the status depends on the batch's row as well, so that no index has it, and
    // no planner takes it for a reason why few of the jobs are left: see PostgreSQL's
    // {is_processing}.

    /// Rows: job, revision; then worker, time, end of the lease, its duration, and whether the job
    /// is claimed ahead. Empty where Dialect::take() has other statements.
    Sql take = {"limits.take", R"sql(
        {batch new_revision bigint}
        UPDATE jobs SET {is_taken} FROM batch
         WHERE {matches} AND revision = new_revision
           AND CASE WHEN new_id IS NOT NULL THEN status END = 'pending'
        RETURNING {columns}
    )sql",
                columns::claimed};
    /// Rows: job, run_at, revision.
    Sql queue_at = {"limits.queue_at", R"sql(
        {batch new_run_at bigint}
        UPDATE jobs SET {is_queued_at} FROM batch
         WHERE {matches} AND revision = CAST(new_text AS bigint)
           AND CASE WHEN new_id IS NOT NULL THEN status END = 'pending'
    )sql"};

    /// Rows: buckets.
    Sql buckets = {"limits.buckets", R"sql(
        {batch ignored text}
        SELECT {columns} FROM job_buckets WHERE {is_among bucket new_id}
    )sql",
                   columns::bucket};
    /// Rows: buckets. Returns those in which a job waits.
    Sql any_waiting = {"limits.any_waiting", R"sql(
        {batch ignored text}
        SELECT new_id FROM batch
         WHERE (SELECT 1 FROM job_waiting WHERE bucket = new_id LIMIT 1) = 1
    )sql",
                       columns::one_text};
    /// Rows: queues; then the bucket, and how many.
    Sql to_admit = {"limits.to_admit", R"sql(
        {batch ignored text}
        SELECT {columns} FROM job_waiting
         WHERE queue IN (SELECT new_id FROM batch) AND {first_of_bucket}
    )sql",
                    columns::to_admit};
    Sql waits = {"limits.waits", R"sql(
        {batch ignored text}
        SELECT {columns} FROM job_waiting WHERE {waiting_is_among}
    )sql",
                 columns::waits};
    /// Rows: job, bucket, reported limits.
    Sql wait = {"limits.wait", R"sql(
        {batch new_bucket text}
        INSERT INTO job_waiting {waiting_columns}
        SELECT {waiting_row} FROM batch JOIN jobs ON {matches}
    )sql"};
    /// Rows: job, bucket, reported limits.
    Sql move = {"limits.move", R"sql(
        {batch new_bucket text}
        UPDATE job_waiting SET bucket = new_bucket, reported = new_text FROM batch
         WHERE {waiting_matches}
    )sql"};
    Sql stop_waiting = {"limits.stop_waiting", R"sql(
        {batch ignored text}
        DELETE FROM job_waiting WHERE {waiting_is_among}
    )sql"};

    /// Rows: job, fence, bucket; then the time.
    Sql place = {"limits.place", R"sql(
        {batch new_fence bigint}
        INSERT INTO job_slots (bucket, job, fence, admitted_at)
        SELECT new_text, new_id, new_fence,
               CASE WHEN new_fence = 0 THEN CAST(:now AS bigint) END
          FROM batch
    )sql"};
    /// Rows: job, ignored, bucket.
    Sql leave = {"limits.leave", R"sql(
        {batch ignored text}
        DELETE FROM job_slots
         WHERE {is_among bucket new_text}
           AND (bucket || '', job || '') IN (SELECT new_text, new_id FROM batch)
    )sql"};
    /// Rows: bucket, next_at, due_at; then the time.
    Sql keep_bucket = {"limits.keep_bucket", R"sql(
        {batch new_next_at bigint}
        INSERT INTO job_buckets (bucket, next_at, due_at, updated_at)
        SELECT new_id, new_next_at, CAST(new_text AS bigint), CAST(:now AS bigint)
          FROM batch WHERE true
            ON CONFLICT (bucket) DO UPDATE
           SET next_at = excluded.next_at, due_at = excluded.due_at,
               updated_at = excluded.updated_at
    )sql"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
