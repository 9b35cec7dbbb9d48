#pragma once

#include "mysql/fragments.hpp"
#include "statements/limit_statements.hpp"
#include "statements/row_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

inline constexpr RowStatements row_statements = {
    .check = {"rows.check", R"sql(
        SELECT {columns} FROM {rows ignored} {with_jobs} WHERE status = 'processing'
    )sql",
              columns::held_lease},
    .any_finished = {"rows.any_finished", R"sql(
        SELECT 1 FROM jobs FORCE INDEX (jobs_to_unblock) WHERE to_unblock = -1 LIMIT 1
    )sql",
                     columns::one_number},
    .find_finished = {"rows.find_finished", R"sql(
        SELECT {columns}
          FROM (SELECT id AS due_id FROM jobs FORCE INDEX (jobs_to_unblock)
                 WHERE to_unblock = -1 ORDER BY id LIMIT :n) {with_jobs_found}
         WHERE to_unblock = -1 FOR UPDATE SKIP LOCKED
    )sql",
                      columns::id_and_status},
    .lock = {"rows.lock", "SELECT {columns} FROM {unlocked_rows ignored} {with_jobs} FOR UPDATE",
             columns::locked},
    .mark = {"rows.mark", "UPDATE {rows ignored} {with_jobs} SET dependents = :dependents"},
    .connect = {"rows.connect", R"sql(
        INSERT INTO job_dependencies (child, parent, is_open)
        SELECT new_id, new_parent, 1 FROM {rows parent} AS batch
    )sql"},
    .block = {"rows.block", "UPDATE {rows count} {with_jobs} SET {blocks}"},
    .notify_children = {"rows.notify_children", R"sql(
        SELECT {columns} FROM {rows ignored} {with_parents} WHERE is_open = 1
    )sql",
                        columns::child_and_parent},
    .close = {"rows.close", R"sql(
        UPDATE {rows ignored} {with_parents} SET is_open = 0 WHERE is_open = 1
    )sql"},
    .count_down = {"rows.count_down", "UPDATE {rows left} {with_jobs} SET {counts_down}"},
    .stopped = {"rows.stopped", R"sql(
        SELECT id, parent FROM {rows ignored} {with_parents}
               STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON id = child
         WHERE is_open = 1 AND status = 'pending' AND {can_be_stopped}
         LIMIT :n
    )sql",
                columns::child_and_parent},
    .stop = {"rows.stop", "UPDATE {rows ignored} {with_jobs} SET {stops}"},
    .disconnect = {"rows.disconnect", R"sql(
        DELETE job_dependencies FROM {rows ignored} AS batch
               STRAIGHT_JOIN job_dependencies FORCE INDEX (job_dependencies_of) ON child = new_id
    )sql"},
    .lock_to_change = {"rows.lock_to_change", R"sql(
        SELECT {columns} FROM {jobs_by_id} WHERE {are_these} FOR UPDATE
    )sql",
                       columns::to_change},
    .held_keys = {"rows.held_keys", R"sql(
        SELECT live_key FROM {rows ignored} AS batch
               STRAIGHT_JOIN jobs FORCE INDEX (jobs_unique_key) ON live_key = new_id
    )sql",
                  columns::one_text},
    .cancel = {"rows.cancel", "UPDATE {jobs_by_id} SET {cancels} WHERE {are_these}"},
    .request_cancel = {"rows.request_cancel", R"sql(
        UPDATE {jobs_by_id} SET {requests_cancel}
         WHERE {are_these} AND cancel_requested_at IS NULL
    )sql"},
    .restart = {"rows.restart", "UPDATE {jobs_by_id} SET {restarts} WHERE {are_these}"},
    .run_now = {"rows.run_now", "UPDATE {jobs_by_id} SET {becomes_due} WHERE {are_these}"},
    .remove = {"rows.remove", "DELETE jobs FROM {ids} {with_jobs}"},
    .steps = {"rows.steps", "SELECT {columns} FROM {rows ignored} {with_steps}", columns::step},
    .forget_steps = {"rows.forget_steps", "DELETE job_steps FROM {rows ignored} {with_steps}"},
    .write_tombstone = {"rows.write_tombstone", R"sql(
        REPLACE INTO job_tombstones (id, owner, expires_at)
        SELECT new_id, new_text, new_time FROM {rows time} AS batch
    )sql"},
};

inline constexpr LimitStatements limit_statements = {
    .lock = {"limits.lock", R"sql(
        {limits_of_queues} (SELECT new_id FROM {rows ignored} AS batch) ORDER BY name FOR UPDATE
    )sql",
             columns::limit},
    .look = {"limits.look", "SELECT {columns} FROM {rows ignored} {with_jobs}",
             columns::limited_due},
    .take = {}, // see MysqlDialect::take()
    .queue_at = {"limits.queue_at", R"sql(
        UPDATE {rows run_at} {with_jobs} SET {is_queued_at}
         WHERE revision = new_text AND status = 'pending'
    )sql"},
    .buckets = {"limits.buckets", R"sql(
        SELECT {columns} FROM {rows ignored} AS batch
               STRAIGHT_JOIN job_buckets FORCE INDEX (PRIMARY) ON bucket = new_id
    )sql",
                columns::bucket},
    .any_waiting = {"limits.any_waiting", R"sql(
        SELECT new_id FROM {rows ignored} AS batch
         WHERE EXISTS (SELECT 1 FROM job_waiting WHERE bucket = new_id)
    )sql",
                    columns::one_text},
    // As a join with the queues, the whole bucket would be sorted for its first.
    .to_admit = {"limits.to_admit", R"sql(
        SELECT {columns} FROM job_waiting FORCE INDEX (job_waiting_in_bucket)
         WHERE (SELECT 1 FROM {rows ignored} AS batch WHERE new_id = queue LIMIT 1) = 1
           AND {first_of_bucket}
    )sql",
                 columns::to_admit},
    .waits = {"limits.waits", "SELECT {columns} FROM {rows ignored} {with_waiting}",
              columns::waits},
    .wait = {"limits.wait", R"sql(
        INSERT INTO job_waiting {waiting_columns}
        SELECT {waiting_row} FROM {rows bucket} {with_jobs}
    )sql"},
    .move = {"limits.move", R"sql(
        UPDATE {rows bucket} {with_waiting} SET bucket = new_bucket, reported = new_text
    )sql"},
    .stop_waiting = {"limits.stop_waiting",
                     "DELETE job_waiting FROM {rows ignored} {with_waiting}"},
    .place = {"limits.place", R"sql(
        INSERT INTO job_slots (bucket, job, fence, admitted_at)
        SELECT new_text, new_id, new_fence, IF(new_fence = '0', new_now, NULL)
          FROM {rows fence} AS batch JOIN (SELECT :now AS new_now) AS clock
    )sql"},
    .leave = {"limits.leave", R"sql(
        DELETE job_slots FROM {rows ignored} AS batch
               STRAIGHT_JOIN job_slots FORCE INDEX (PRIMARY) ON bucket = new_text AND job = new_id
    )sql"},
    .keep_bucket = {"limits.keep_bucket", R"sql(
        REPLACE INTO job_buckets (bucket, next_at, due_at, updated_at)
        SELECT new_id, new_next_at, new_text, new_now
          FROM {rows next_at} AS batch JOIN (SELECT :now AS new_now) AS clock
    )sql"},
};

struct LimitQueueStatements {
    /// Rows: queues. Changes what limits.lock has locked.
    Sql mark_limits = {"mark_limits", R"sql(
        UPDATE job_limits SET updated_at = updated_at + 1
         WHERE queue = '' OR queue IN (SELECT new_id FROM {rows ignored} AS batch)
    )sql"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
