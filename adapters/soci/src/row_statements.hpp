#pragma once

#include "sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements over rows, which are their first parameter: see JsonRows. Where no other columns are
/// named, a row is an id.
struct RowStatements {
    // Leases
    Sql check; ///< returns of those that are held: id, fence, cancel_requested_at

    // Jobs that wait for others: a row of job_dependencies is open until the child was told. In
    // `dependents`, a job has 1 if children may have to be told once it has finished.
    Sql any_finished;  ///< no rows. Returns 1 if children of any job have to be told
    Sql find_finished; ///< no rows, but a limit. Locks such jobs; returns id, status
    Sql lock;       ///< by id; returns id, blocked_by, on_parent_failure, queue, status, dependents
    Sql mark;       ///< then `dependents`
    Sql connect;    ///< rows: child, parent
    Sql block;      ///< rows: child, how many parents, on_parent_failure; then never_due
    Sql tell;       ///< closes what is open of these parents; returns child, parent
    Sql close = {}; ///< where `tell` can only read: closes it
    Sql count_down; ///< rows: child, the parents that are left; then the time
    Sql stopped;    ///< then a limit. Children that the end of these stops, if it is no completion,
                    ///< and that have children: child, parent. May go on with the children of those
    Sql stop;       ///< rows: child, 0, why; then status, time
    Sql disconnect; ///< of these children
    Sql remove;

    Sql steps; ///< returns of these jobs: job, number, name, result; in no order
    Sql forget_steps;

    Sql write_tombstone; ///< rows: id, until when its tombstone stays, owner
};

// For those databases that know WITH before an UPDATE; `rows` makes the row set `batch` of the
// columns new_id and `column`.
#define ASYNCJOBS_FINISHED "dependents = 1 AND status IN ('completed', 'failed', 'cancelled')"
#define ASYNCJOBS_TO_ADVANCE                                                                       \
    "status = 'pending' AND priority > 0 AND not_before IS NULL"                                   \
    " AND run_at >= :watermark AND run_at <= :now"
#define ASYNCJOBS_COUNTS_DOWN                                                                      \
    "run_at = CASE WHEN new_left > 0 THEN run_at WHEN not_before > :now THEN not_before"           \
    " ELSE :now END, not_before = CASE WHEN new_left > 0 THEN not_before END,"                     \
    " blocked_by = new_left, updated_at = :now, revision = revision + 1"
#define ASYNCJOBS_ADVANCES(step) "not_before = run_at, run_at = run_at - priority * " step
/// Where a job stands in its queue that is given back without a delay, or was lost before it
/// started: where it stood, and not later than now, whatever the clock has done since.
#define ASYNCJOBS_STOOD_AT(step) "coalesce(not_before, run_at) - priority * " step
#define ASYNCJOBS_PLACE(least, step) least "(" ASYNCJOBS_STOOD_AT(step) ", :now)"
#define ASYNCJOBS_BESIDE(place) "nullif(coalesce(not_before, run_at), " place ")"
#define ASYNCJOBS_STOPS                                                                            \
    "status = :status, failed_at = CASE WHEN :status = 'failed' THEN :now END,"                    \
    " cancelled_at = CASE WHEN :status = 'cancelled' THEN :now END, blocked_by = 0,"               \
    " expires_at = :now + retention,"                                                              \
    " error = CASE WHEN :status = 'failed' THEN new_text ELSE error END,"                          \
    " cancel_reason = CASE WHEN :status = 'cancelled' THEN new_text ELSE cancel_reason END,"       \
    " updated_at = :now, revision = revision + 1"
#define ASYNCJOBS_CAN_BE_STOPPED                                                                   \
    "blocked_by > 0 AND dependents = 1 AND coalesce(on_parent_failure, '') <> 'run'"
#define ASYNCJOBS_BLOCKS                                                                           \
    "not_before = coalesce(not_before, run_at), run_at = :never, parents = new_count,"             \
    " blocked_by = new_count, on_parent_failure = new_text"
#define ASYNCJOBS_LOCKED_COLUMNS "id, blocked_by, on_parent_failure, queue, status, dependents"
inline constexpr std::string_view locked_columns = "tittti";
#define ASYNCJOBS_STEP_COLUMNS "job, number, name, result"
inline constexpr std::string_view step_columns = "titt";

// `among(column, of)` holds where the column is one of the batch's `of`; `matches` joins jobs with
// it. Both must read jobs by its primary key, whatever a planner knows of the table: see each
// dialect's.
#define ASYNCJOBS_ROW_STATEMENTS(rows, among, matches, for_update, skip_locked, what_is_stopped)   \
    {                                                                                              \
        .check = {rows("ignored",                                                                  \
                       "text") "SELECT id, fence, cancel_requested_at FROM jobs"                   \
                               " WHERE " among("id", "new_id") " AND status || '' = 'processing'", \
                  "tii"},                                                                          \
        .any_finished = {"SELECT 1 FROM jobs WHERE " ASYNCJOBS_FINISHED " LIMIT 1", "i"},          \
        .find_finished = {"SELECT id, status FROM jobs WHERE " ASYNCJOBS_FINISHED                  \
                          " ORDER BY id LIMIT :n" skip_locked,                                     \
                          "tt"},                                                                   \
        .lock = {rows("ignored",                                                                   \
                      "text") "SELECT " ASYNCJOBS_LOCKED_COLUMNS                                   \
                              " FROM jobs WHERE " among("id", "new_id") " ORDER BY id" for_update, \
                 locked_columns},                                                                  \
        .mark = {rows("ignored", "text") "UPDATE jobs SET dependents = :dependents"                \
                                         " WHERE " among("id", "new_id")},                         \
        .connect = {rows(                                                                          \
            "new_parent",                                                                          \
            "text") "INSERT INTO job_dependencies"                                                 \
                    " (child, parent, is_open) SELECT new_id, new_parent, 1 FROM batch"},          \
        .block = {rows("new_count", "integer") "UPDATE jobs SET " ASYNCJOBS_BLOCKS                 \
                                               " FROM batch WHERE " matches},                      \
        .tell = {rows("ignored", "text") "UPDATE job_dependencies SET is_open = 0"                 \
                                         " WHERE is_open = 1 AND " among(                          \
                                             "parent", "new_id") " RETURNING child, parent",       \
                 "tt"},                                                                            \
        .count_down = {rows("new_left", "integer") "UPDATE jobs SET " ASYNCJOBS_COUNTS_DOWN        \
                                                   " FROM batch WHERE " matches},                  \
        .stopped = {what_is_stopped, "tt"},                                                        \
        .stop = {rows("ignored", "integer") "UPDATE jobs SET " ASYNCJOBS_STOPS                     \
                                            " FROM batch WHERE " matches},                         \
        .disconnect = {rows("ignored", "text") "DELETE FROM job_dependencies"                      \
                                               " WHERE " among("child", "new_id")},                \
        .remove = {rows("ignored", "text") "DELETE FROM jobs WHERE " among("id", "new_id")},       \
        .steps = {rows("ignored", "text") "SELECT " ASYNCJOBS_STEP_COLUMNS " FROM job_steps"       \
                                          " WHERE " among("job", "new_id"),                        \
                  step_columns},                                                                   \
        .forget_steps = {rows("ignored", "text") "DELETE FROM job_steps"                           \
                                                 " WHERE " among("job", "new_id")},                \
        .write_tombstone = {                                                                       \
            rows("new_time", "bigint") "INSERT INTO job_tombstones (id, owner, expires_at)"        \
                                       " SELECT new_id, new_text, new_time FROM batch WHERE true"  \
                                       " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner,"   \
                                       " expires_at = excluded.expires_at"},                       \
    }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
