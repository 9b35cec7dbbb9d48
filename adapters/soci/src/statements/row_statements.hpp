#pragma once

#include "statements/columns.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements about rows, which are their first parameter: see JsonRows. A row is an id, unless
/// other columns are named. SQLite and PostgreSQL use these texts; MySQL has its own.
///
/// `{batch column type}` makes of the rows the set `batch`, of the columns new_id, `column` and
/// new_text. `{is_among column of}` holds if the column is one of the batch's `of`; `{matches}`
/// joins jobs with the batch. Both must read jobs by its primary key, whatever the planner's
/// statistics are: see the fragments of each dialect.
struct RowStatements {
    // Leases

    /// Returns those that are held.
    Sql check = {"rows.check", R"sql(
        {batch ignored text}
        SELECT {columns} FROM jobs WHERE {is_among id new_id} AND status || '' = 'processing'
    )sql",
                 columns::held_lease};

    // Dependencies. A row of job_dependencies is open until the child knows that its parent has
    // finished. `dependents` of a job is 1 if it may have open rows when it finishes.

    /// No rows. Returns 1 if any finished job has open rows.
    Sql any_finished = {"rows.any_finished", R"sql(
        SELECT 1 FROM jobs
         WHERE dependents = 1 AND status IN ('completed', 'failed', 'cancelled') LIMIT 1
    )sql",
                        columns::one_number};
    /// No rows, but a limit. Locks such jobs.
    Sql find_finished = {"rows.find_finished", R"sql(
        SELECT {columns} FROM jobs
         WHERE dependents = 1 AND status IN ('completed', 'failed', 'cancelled')
         ORDER BY id LIMIT :n {skip_locked}
    )sql",
                         columns::id_and_status};
    Sql lock = {"rows.lock", R"sql(
        {batch ignored text}
        SELECT {columns} FROM jobs WHERE {is_among id new_id} ORDER BY id {for_update}
    )sql",
                columns::locked};
    /// Rows, then `dependents`.
    Sql mark = {"rows.mark", R"sql(
        {batch ignored text}
        UPDATE jobs SET dependents = :dependents WHERE {is_among id new_id}
    )sql"};
    /// Rows: child, parent.
    Sql connect = {"rows.connect", R"sql(
        {batch new_parent text}
        INSERT INTO job_dependencies (child, parent, is_open)
        SELECT new_id, new_parent, 1 FROM batch
    )sql"};
    /// Rows: child, number of parents, on_parent_failure; then never_due.
    Sql block = {"rows.block", R"sql(
        {batch new_count integer}
        UPDATE jobs SET {blocks} FROM batch WHERE {matches}
    )sql"};
    /// Closes the open rows of these parents, and returns them.
    Sql notify_children = {"rows.notify_children", R"sql(
        {batch ignored text}
        UPDATE job_dependencies SET is_open = 0
         WHERE is_open = 1 AND {is_among parent new_id}
        RETURNING {columns}
    )sql",
                           columns::child_and_parent};
    /// Closes them where notify_children can only read; empty elsewhere.
    Sql close = {"rows.close", ""};
    /// Rows: child, number of parents that are left; then the time.
    Sql count_down = {"rows.count_down", R"sql(
        {batch new_left integer}
        UPDATE jobs SET {counts_down} FROM batch WHERE {matches}
    )sql"};
    /// Rows, then a limit. The children that these jobs stop, as they did not complete, and that
    /// have children themselves. May continue with the children of those.
    Sql stopped = {"rows.stopped", "{stopped}", columns::child_and_parent};
    /// Rows: child, 0, reason; then status, time.
    Sql stop = {"rows.stop", R"sql(
        {batch ignored integer}
        UPDATE jobs SET {stops} FROM batch WHERE {matches}
    )sql"};
    /// Rows: children.
    Sql disconnect = {"rows.disconnect", R"sql(
        {batch ignored text}
        DELETE FROM job_dependencies WHERE {is_among child new_id}
    )sql"};

    // Changes by users. Their last parameter are the ids: see Dialect::these().

    Sql lock_to_change = {"rows.lock_to_change", R"sql(
        SELECT {columns} FROM jobs WHERE {are_these} ORDER BY id {for_update}
    )sql",
                          columns::to_change};
    /// Rows: unique keys. Returns those that live jobs hold.
    Sql held_keys = {"rows.held_keys", R"sql(
        {batch ignored text}
        SELECT unique_key FROM jobs
         WHERE {is_among unique_key new_id} AND status IN ('pending', 'processing')
    )sql",
                     columns::one_text};
    /// The time, the reason, and the ids. Whatever the worker of a processing job does.
    Sql cancel = {"rows.cancel", "UPDATE jobs SET {cancels} WHERE {are_these}"};
    /// The same.
    Sql request_cancel = {"rows.request_cancel", R"sql(
        UPDATE jobs SET {requests_cancel} WHERE {are_these} AND cancel_requested_at IS NULL
    )sql"};
    /// The time, and the ids.
    Sql restart = {"rows.restart", "UPDATE jobs SET {restarts} WHERE {are_these}"};
    /// The same.
    Sql run_now = {"rows.run_now", "UPDATE jobs SET {becomes_due} WHERE {are_these}"};

    // Ends

    Sql remove = {"rows.remove", R"sql(
        {batch ignored text}
        DELETE FROM jobs WHERE {is_among id new_id}
    )sql"};
    /// In any order.
    Sql steps = {"rows.steps", R"sql(
        {batch ignored text}
        SELECT {columns} FROM job_steps WHERE {is_among job new_id}
    )sql",
                 columns::step};
    Sql forget_steps = {"rows.forget_steps", R"sql(
        {batch ignored text}
        DELETE FROM job_steps WHERE {is_among job new_id}
    )sql"};
    /// Rows: id, end of the tombstone, owner.
    Sql write_tombstone = {"rows.write_tombstone", R"sql(
        {batch new_time bigint}
        INSERT INTO job_tombstones (id, owner, expires_at)
        SELECT new_id, new_text, new_time FROM batch WHERE true
            ON CONFLICT (id) DO UPDATE
           SET owner = excluded.owner, expires_at = excluded.expires_at
    )sql"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
