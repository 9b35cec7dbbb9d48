#pragma once

#include "sql.hpp"

#include <asyncjobs/job.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements about limits that a dialect says in words of its own. `rows` are their first
/// parameter: see JsonRows. Where no other columns are named, a row is an id.
///
/// job_places holds a row for each place of a line that is taken, until somebody sees that the
/// lease of its fence is over, and one with fence 0 for each job that was called to its turn.
///
/// job_waiting holds who waits, by the place in the queue that they had. A row holds while its job
/// is pending, and of the revision that it had: whatever else happens to the job ends the wait.
/// `told` are the limits that have held it back. Who was called to its turn waits in no line, an
/// empty one, and is still told of once.
///
/// `due_at` in job_lines says when to look at a line for those who wait in it: never_due, once a
/// place is left.
struct LimitStatements {
    Sql lock; ///< rows: queues. Those that jobs of them are under: see read_limit()
    Sql look; ///< see read_due()
    /// rows: job, revision; then worker, time, end of the lease. See read_claimed(). Empty: the
    /// dialect has words of its own.
    Sql take = {};
    Sql lines;       ///< rows: lines. Answers line, next_at, due_at
    Sql any_waiting; ///< rows: lines. Answers the lines in which anybody waits
    /// rows: queues; then the line, how many. Answers job, queue, queued_at, told, revision, and
    /// what revision makes the row hold
    Sql to_call;
    Sql waits; ///< answers job, line, queued_at, told, and 1 if the row holds
    Sql wait;  ///< rows: job, line, told
    Sql move;  ///< rows: job, line, told
    Sql stop_waiting;
    Sql place;     ///< rows: job, fence, line; then the time
    Sql leave;     ///< rows: job, ignored, line
    Sql queue_at;  ///< rows: job, run_at, revision
    Sql keep_line; ///< rows: line, next_at, due_at; then the time
};

#define ASYNCJOBS_LIMIT_COLUMNS "name, queue, type, per, concurrency, rate, period, burst, in_turn"
inline constexpr std::string_view limit_columns = "tttt"
                                                  "iiiii";
#define ASYNCJOBS_LOCKS_LIMITS                                                                     \
    "SELECT " ASYNCJOBS_LIMIT_COLUMNS " FROM job_limits WHERE queue = '' OR queue IN"
/// What read_due() reads.
#define ASYNCJOBS_DUE_COLUMNS                                                                      \
    "id, type, queue, owner, limit_key, run_at, priority, not_before, created_at, revision"
inline constexpr std::string_view limited_due_columns = "ttttt"
                                                        "iiiii";
#define ASYNCJOBS_TO_CALL                                                                          \
    "SELECT job, queue, queued_at, told, job_revision, " ASYNCJOBS_REVISION_THAT_WAITS             \
    " FROM job_waiting"
#define ASYNCJOBS_FIRST_OF_LINE                                                                    \
    " AND line = :line"                                                                            \
    " AND coalesce((SELECT paused FROM job_queues WHERE name = queue), 0) = 0"                     \
    " ORDER BY queued_at, job LIMIT :n"
#define ASYNCJOBS_WAITS                                                                            \
    "job, line, queued_at, told,"                                                                  \
    " CASE WHEN job_revision = " ASYNCJOBS_REVISION_THAT_WAITS " THEN 1 ELSE 0 END"
/// What is due has its head start, though it may not have got it yet.
#define ASYNCJOBS_WAITING_ROW(step)                                                                \
    "id, new_line, queue,"                                                                         \
    " CASE WHEN not_before IS NULL THEN run_at - priority * " step " ELSE run_at END,"             \
    " revision, created_at, new_text"
static_assert(priority_step == Duration{60'000'000});
#define ASYNCJOBS_WAITING_COLUMNS                                                                  \
    "(job, line, queue, queued_at, job_revision, job_created_at, told)"
/// Elsewhere in its queue; its own time, which readers see, stays what it is.
#define ASYNCJOBS_IS_QUEUED_AT                                                                     \
    "not_before = nullif(coalesce(not_before, run_at), new_run_at), run_at = new_run_at"
#define ASYNCJOBS_IS_TAKEN(next_fence)                                                             \
    "status = 'processing', attempt = attempt + 1, fence = " next_fence                            \
    ", revision = revision + 1,"                                                                   \
    " progress = 0, message = '', worker = :worker, started_at = :now, updated_at = :now,"         \
    " lease_expires_at = :lease_expires_at, lease_for = :lease_for, claimed_ahead = :ahead"

// Said of the batch's row as well, so that no index knows it, and no planner takes it for a reason
// why few of the jobs are left: see PostgreSQL's settle.
#define ASYNCJOBS_IS_PENDING_IN_BATCH                                                              \
    " AND CASE WHEN new_id IS NOT NULL THEN status END = 'pending'"

// `among` and `matches` as of ASYNCJOBS_ROW_STATEMENTS; `waiting_matches` and `waiting_among` are
// the same of the rows of job_waiting, by `job`.
#define ASYNCJOBS_LIMIT_STATEMENTS(rows, among, matches, waiting_matches, waiting_among,           \
                                   for_update, next_fence)                                         \
    {                                                                                              \
        .lock = {rows("ignored", "text") ASYNCJOBS_LOCKS_LIMITS " (SELECT new_id FROM batch)"      \
                                                                " ORDER BY name" for_update,       \
                 limit_columns},                                                                   \
        .look = {rows("ignored", "text") "SELECT " ASYNCJOBS_DUE_COLUMNS                           \
                                         " FROM jobs WHERE " among("id", "new_id"),                \
                 limited_due_columns},                                                             \
        .take = {rows("new_revision", "bigint") "UPDATE jobs SET " ASYNCJOBS_IS_TAKEN(             \
                     next_fence) " FROM batch WHERE " matches                                      \
                                 " AND revision = new_revision" ASYNCJOBS_IS_PENDING_IN_BATCH      \
                                 " RETURNING " ASYNCJOBS_CLAIMED_COLUMNS,                          \
                 claimed_columns},                                                                 \
        .lines = {rows("ignored", "text") "SELECT line, next_at, due_at"                           \
                                          " FROM job_lines WHERE " among("line", "new_id"),        \
                  "tii"},                                                                          \
        .any_waiting = {rows("ignored", "text") "SELECT new_id FROM batch WHERE"                   \
                                                " (SELECT 1 FROM job_waiting WHERE line = new_id"  \
                                                "  LIMIT 1) = 1",                                  \
                        "t"},                                                                      \
        .to_call = {rows("ignored", "text") ASYNCJOBS_TO_CALL                                      \
                    " WHERE queue IN (SELECT new_id FROM batch)" ASYNCJOBS_FIRST_OF_LINE,          \
                    "ttitii"},                                                                     \
        .waits = {rows("ignored", "text") "SELECT " ASYNCJOBS_WAITS                                \
                                          " FROM job_waiting WHERE " waiting_among,                \
                  "ttiti"},                                                                        \
        .wait = {rows(                                                                             \
            "new_line",                                                                            \
            "text") "INSERT INTO job_waiting " ASYNCJOBS_WAITING_COLUMNS                           \
                    " SELECT " ASYNCJOBS_WAITING_ROW(                                              \
                        "CAST(60000000 AS bigint)") " FROM batch JOIN jobs ON " matches},          \
        .move = {rows("new_line", "text") "UPDATE job_waiting SET line = new_line,"                \
                                          " told = new_text FROM batch WHERE " waiting_matches},   \
        .stop_waiting = {rows("ignored", "text") "DELETE FROM job_waiting WHERE " waiting_among},  \
        .place = {rows("new_fence",                                                                \
                       "bigint") "INSERT INTO job_places (line, job, fence, called_at)"            \
                                 " SELECT new_text, new_id, new_fence,"                            \
                                 " CASE WHEN new_fence = 0 THEN CAST(:now AS bigint) END"          \
                                 " FROM batch"},                                                   \
        .leave = {rows("ignored", "text") "DELETE FROM job_places WHERE " among(                   \
            "line", "new_text") " AND (line || '', job || '') IN"                                  \
                                " (SELECT new_text, new_id FROM batch)"},                          \
        .queue_at = {rows(                                                                         \
            "new_run_at",                                                                          \
            "bigint") "UPDATE jobs SET " ASYNCJOBS_IS_QUEUED_AT " FROM batch WHERE " matches       \
                      " AND revision = CAST(new_text AS bigint)" ASYNCJOBS_IS_PENDING_IN_BATCH},   \
        .keep_line = {rows("new_next_at", "bigint") "INSERT INTO job_lines"                        \
                                                    " (line, next_at, due_at, updated_at)"         \
                                                    " SELECT new_id, new_next_at,"                 \
                                                    " CAST(new_text AS bigint),"                   \
                                                    " CAST(:now AS bigint) FROM batch"             \
                                                    " WHERE true ON CONFLICT (line) DO UPDATE"     \
                                                    " SET next_at = excluded.next_at,"             \
                                                    " due_at = excluded.due_at,"                   \
                                                    " updated_at = excluded.updated_at"},          \
    }

namespace statements {

inline constexpr Sql time = {"SELECT :now", "i"};

/// Of which queues jobs are under limits; an empty one stands for all.
inline constexpr Sql limited_queues = {"SELECT DISTINCT queue FROM job_limits", "t"};

inline constexpr Sql limits = {"SELECT " ASYNCJOBS_LIMIT_COLUMNS " FROM job_limits ORDER BY name",
                               limit_columns};

inline constexpr Sql remove_limit = {"DELETE FROM job_limits WHERE name = :name"};

inline constexpr Sql change_limit = {
    "UPDATE job_limits SET queue = :queue, type = :type, per = :per, concurrency = :concurrency,"
    " rate = :rate, period = :period, burst = :burst, in_turn = :in_turn, updated_at = :now"
    " WHERE name = :name"};

inline constexpr Sql add_limit = {
    "INSERT INTO job_limits (queue, type, per, concurrency, rate, period, burst, in_turn,"
    " updated_at, name) VALUES (:queue, :type, :per, :concurrency, :rate, :period, :burst,"
    " :in_turn, :now, :name)"};

/// Each place with the job's status, fence and run_at; null if it is gone.
inline constexpr Sql places = {
    "SELECT line, job, fence, called_at, (SELECT status FROM jobs WHERE id = job),"
    " (SELECT jobs.fence FROM jobs WHERE id = job), (SELECT run_at FROM jobs WHERE id = job)"
    " FROM job_places",
    "ttii"
    "tii"};

/// Lines to look at by now, and those that were written by a clock that was set back since: their
/// times mean nothing. Answers line, next_at, due_at.
inline constexpr Sql due_lines = {"SELECT line, next_at, due_at FROM job_lines WHERE due_at <= :now"
                                  " UNION ALL SELECT line, next_at, due_at FROM job_lines"
                                  " WHERE updated_at > :now AND due_at < :never",
                                  "tii"};

inline constexpr Sql next_lines = {"SELECT line, due_at FROM job_lines"
                                   " WHERE due_at > :now AND due_at < :never"
                                   " ORDER BY due_at LIMIT 100",
                                   "ti"};

// Of lines in a range of names: see lines_of().
#define ASYNCJOBS_OF_LIMIT " WHERE line >= :first AND line < :last"
inline constexpr Sql waiting_for = {
    "SELECT job, queue, queued_at, job_revision, " ASYNCJOBS_REVISION_THAT_WAITS
    " FROM job_waiting" ASYNCJOBS_OF_LIMIT,
    "ttiii"};
inline constexpr Sql waits_no_more = {"DELETE FROM job_waiting WHERE job = :id"};
inline constexpr Sql nobody_waits = {"DELETE FROM job_waiting" ASYNCJOBS_OF_LIMIT};
inline constexpr Sql nobody_is_called = {"DELETE FROM job_places" ASYNCJOBS_OF_LIMIT
                                         " AND fence = 0"};
inline constexpr Sql forget_lines = {"DELETE FROM job_lines" ASYNCJOBS_OF_LIMIT};

/// What nobody needs any more. A place that was left is what tells a line to call; but nobody asks
/// for those of workers' own limits once the worker is gone. A day is long enough for turns to be
/// forgotten.
inline constexpr Sql forget_idle_lines = {
    "DELETE FROM job_lines WHERE next_at < :now - 86400000000"
    " AND (due_at = :never OR line LIKE '%@%' AND line NOT LIKE '%=%@%'"
    "  AND coalesce((SELECT 1 FROM job_waiting WHERE job_waiting.line = job_lines.line LIMIT 1), 0)"
    "   = 0)"};
/// The last of some rows of job_waiting.
inline constexpr Sql last_of_waiting = {
    "SELECT job FROM job_waiting WHERE job > :after ORDER BY job LIMIT 1 OFFSET 1000", "t"};
inline constexpr Sql forget_places = {
    "DELETE FROM job_places WHERE line LIKE '%@%' AND line NOT LIKE '%=%@%'"
    " AND coalesce((SELECT CASE WHEN status = 'processing' THEN jobs.fence END FROM jobs"
    "  WHERE id = job), -1) <> job_places.fence"};

} // namespace statements

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
