#pragma once

#include "sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements over rows, which are their first parameter: see JsonRows. Where no other columns are
/// named, a row is an id.
struct RowStatements {
    // Leases
    Sql check; ///< rows: id, fence. Answers of those that are held: id, fence, cancel_requested_at

    // Jobs that wait for others: a row of job_dependencies is open until the child was told. In
    // `dependents`, a job has 1 if children may have to be told once it has finished.
    Sql any_to_unblock; ///< no rows, but the time. Answers 1 if unblock() has anything to do
    Sql find_finished;  ///< no rows, but a limit. Locks such jobs; answers id, status
    Sql lock;           ///< answers id, blocked_by, on_parent_failure, queue, status; by id
    Sql mark;           ///< rows: id, dependents
    Sql connect;        ///< rows: child, parent
    Sql block;          ///< rows: child, how many parents, on_parent_failure; then never_due
    Sql children;       ///< of these parents, that were not told. Answers child, parent
    Sql close;          ///< they have been told
    Sql count_down;     ///< rows: child, by how many; then the time
    Sql let_go;         ///< then the time
    Sql stop;           ///< then status, time, error, reason
    Sql disconnect;     ///< of these children

    Sql bury; ///< rows: id, until when its tombstone stays, owner
};

// For those databases that know WITH before an UPDATE; `rows` makes the row set `batch` of the
// columns new_id and `column`.
#define ASYNCJOBS_FINISHED "dependents = 1 AND status IN ('completed', 'failed', 'cancelled')"
#define ASYNCJOBS_TO_ADVANCE                                                                       \
    "status = 'pending' AND priority > 0 AND not_before IS NULL AND run_at <= :now"
#define ASYNCJOBS_IN_BATCH "id IN (SELECT new_id FROM batch)"
#define ASYNCJOBS_COUNTS_DOWN                                                                      \
    "blocked_by = blocked_by - new_count, updated_at = :now, revision = revision + 1"
#define ASYNCJOBS_LETS_GO                                                                          \
    "run_at = CASE WHEN not_before > :now THEN not_before ELSE :now END, not_before = NULL"
#define ASYNCJOBS_ADVANCES(step) "not_before = run_at, run_at = run_at - priority * " step
#define ASYNCJOBS_STOPS                                                                            \
    "status = :status, failed_at = CASE WHEN :status = 'failed' THEN :now END,"                    \
    " cancelled_at = CASE WHEN :status = 'cancelled' THEN :now END, blocked_by = 0,"               \
    " expires_at = :now + retention, error = coalesce(:error, error),"                             \
    " cancel_reason = coalesce(:reason, cancel_reason)"
#define ASYNCJOBS_BLOCKS                                                                           \
    "not_before = coalesce(not_before, run_at), run_at = :never, parents = new_count,"             \
    " blocked_by = new_count, on_parent_failure = new_text"
#define ASYNCJOBS_LOCKED_COLUMNS "id, blocked_by, on_parent_failure, queue, status"
inline constexpr std::string_view locked_columns = "tittt";

#define ASYNCJOBS_ROW_STATEMENTS(rows, for_update, skip_locked)                                    \
    {                                                                                              \
        .check = {rows("new_fence",                                                                \
                       "bigint") "SELECT id, fence, cancel_requested_at FROM batch"                \
                                 " JOIN jobs ON id = new_id"                                       \
                                 " WHERE fence = new_fence AND status || '' = 'processing'",       \
                  "tii"},                                                                          \
        .any_to_unblock = {"SELECT 1 WHERE coalesce("                                              \
                           "(SELECT 1 FROM jobs WHERE " ASYNCJOBS_FINISHED " LIMIT 1), "           \
                           "(SELECT 1 FROM jobs WHERE " ASYNCJOBS_TO_ADVANCE                       \
                           " ORDER BY run_at LIMIT 1)) = 1",                                       \
                           "i"},                                                                   \
        .find_finished = {"SELECT id, status FROM jobs WHERE " ASYNCJOBS_FINISHED                  \
                          " ORDER BY id LIMIT :n" skip_locked,                                     \
                          "tt"},                                                                   \
        .lock = {rows("ignored", "text") "SELECT " ASYNCJOBS_LOCKED_COLUMNS                        \
                                         " FROM jobs WHERE " ASYNCJOBS_IN_BATCH                    \
                                         " ORDER BY id" for_update,                                \
                 locked_columns},                                                                  \
        .mark = {rows("new_mark", "integer") "UPDATE jobs SET dependents = new_mark FROM batch"    \
                                             " WHERE id = new_id"},                                \
        .connect = {rows(                                                                          \
            "new_parent",                                                                          \
            "text") "INSERT INTO job_dependencies"                                                 \
                    " (child, parent, is_open) SELECT new_id, new_parent, 1 FROM batch"},          \
        .block = {rows("new_count", "integer") "UPDATE jobs SET " ASYNCJOBS_BLOCKS                 \
                                               " FROM batch WHERE id = new_id"},                   \
        .children = {rows("ignored",                                                               \
                          "text") "SELECT child, parent FROM batch"                                \
                                  " JOIN job_dependencies ON parent = new_id WHERE is_open = 1",   \
                     "tt"},                                                                        \
        .close = {rows("ignored",                                                                  \
                       "text") "UPDATE job_dependencies SET is_open = 0"                           \
                               " WHERE is_open = 1 AND parent IN (SELECT new_id FROM batch)"},     \
        .count_down = {rows("new_count", "integer") "UPDATE jobs SET " ASYNCJOBS_COUNTS_DOWN       \
                                                    " FROM batch WHERE id = new_id"},              \
        .let_go = {rows("ignored", "text") "UPDATE jobs SET " ASYNCJOBS_LETS_GO                    \
                                           " WHERE " ASYNCJOBS_IN_BATCH},                          \
        .stop = {rows("ignored", "text") "UPDATE jobs SET " ASYNCJOBS_STOPS                        \
                                         " WHERE " ASYNCJOBS_IN_BATCH},                            \
        .disconnect = {rows("ignored", "text") "DELETE FROM job_dependencies"                      \
                                               " WHERE child IN (SELECT new_id FROM batch)"},      \
        .bury = {                                                                                  \
            rows("new_time", "bigint") "INSERT INTO job_tombstones (id, owner, expires_at)"        \
                                       " SELECT new_id, new_text, new_time FROM batch WHERE true"  \
                                       " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner,"   \
                                       " expires_at = excluded.expires_at"},                       \
    }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
