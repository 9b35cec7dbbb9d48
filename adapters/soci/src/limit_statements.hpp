#pragma once

#include "sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements about limits that a dialect says in words of its own. `rows` are their first
/// parameter: see JsonRows. Where no other columns are named, a row is an id.
///
/// job_places holds a row for each place of a line that is taken, until somebody sees that the
/// lease of its fence is over, and one with fence 0 for each job that was called. job_waiting holds
/// who waits, by the place in the queue that they had; `is_timed` of those who wait for no call.
struct LimitStatements {
    Sql lock;  ///< rows: queues. Those that jobs of them are under: see read_limit()
    Sql look;  ///< answers id, status, fence, run_at, limit_key, and 1 for who waits for a time
    Sql lines; ///< rows: lines. Answers line, next_at, offered_until
    Sql any_waiting; ///< rows: lines. Answers the lines in which anybody waits for a call
    Sql to_call; ///< rows: queues; then the line, how many. Answers job, queue, queued_at, status
    Sql wait;    ///< rows: job, is_timed, line
    Sql stop_waiting;
    Sql place;    ///< rows: job, fence, line; then the time
    Sql leave;    ///< rows: job, ignored, line
    Sql call;     ///< rows: job, run_at
    Sql put_back; ///< rows: job, run_at or null, whether that is its own time from now on or null
    Sql forget_line; ///< rows: lines
    Sql keep_line;   ///< rows: line, next_at, offered_until
};

#define ASYNCJOBS_LIMIT_COLUMNS "name, queue, type, per, concurrency, rate, period, burst, in_turn"
inline constexpr std::string_view limit_columns = "tttt"
                                                  "iiiii";
#define ASYNCJOBS_LOCKS_LIMITS                                                                     \
    "SELECT " ASYNCJOBS_LIMIT_COLUMNS " FROM job_limits WHERE queue = '' OR queue IN"
#define ASYNCJOBS_LOOKED_AT(of_job)                                                                \
    "id, status, fence, run_at, limit_key, (SELECT is_timed FROM job_waiting WHERE " of_job ")"
inline constexpr std::string_view looked_at_columns = "ttiiti";
/// A scalar subquery, as a join with jobs might be planned as a scan of them.
#define ASYNCJOBS_TO_CALL                                                                          \
    "SELECT job, queue, queued_at, (SELECT status FROM jobs WHERE id = job) FROM job_waiting"      \
    " WHERE queue IN"
#define ASYNCJOBS_OLDEST_OF_LINE                                                                   \
    " AND line = :line AND is_timed = 0"                                                           \
    " AND coalesce((SELECT paused FROM job_queues WHERE name = queue), 0) = 0"                     \
    " ORDER BY queued_at, job LIMIT :n"
#define ASYNCJOBS_IS_CALLED                                                                        \
    "run_at = new_run_at,"                                                                         \
    " not_before = CASE WHEN not_before = new_run_at THEN NULL ELSE not_before END"
/// As if it had not been claimed.
#define ASYNCJOBS_IS_PUT_BACK_AT(run_at)                                                           \
    "status = 'pending', started_at = CASE WHEN attempt > 1 THEN started_at END,"                  \
    " attempt = attempt - 1, lease_expires_at = NULL,"                                             \
    " not_before = CASE WHEN new_text IS NOT NULL THEN NULL"                                       \
    "  WHEN " run_at " IS NULL THEN not_before ELSE coalesce(not_before, run_at) END,"             \
    " run_at = coalesce(" run_at ", run_at)"

// `among` and `matches` as of ASYNCJOBS_ROW_STATEMENTS; `of_job` holds for the row of job_waiting
// that is of the job `id`.
#define ASYNCJOBS_LIMIT_STATEMENTS(rows, among, matches, of_job, waiting_among, for_update)        \
    {                                                                                              \
        .lock = {rows("ignored", "text") ASYNCJOBS_LOCKS_LIMITS " (SELECT new_id FROM batch)"      \
                                                                " ORDER BY name" for_update,       \
                 limit_columns},                                                                   \
        .look = {rows("ignored", "text") "SELECT " ASYNCJOBS_LOOKED_AT(                            \
                     of_job) " FROM jobs WHERE " among("id", "new_id"),                            \
                 looked_at_columns},                                                               \
        .lines = {rows("ignored", "text") "SELECT line, next_at, offered_until"                    \
                                          " FROM job_lines WHERE " among("line", "new_id"),        \
                  "tii"},                                                                          \
        .any_waiting = {rows("ignored", "text") "SELECT new_id FROM batch WHERE"                   \
                                                " (SELECT 1 FROM job_waiting WHERE line = new_id"  \
                                                "  AND is_timed = 0 LIMIT 1) = 1",                 \
                        "t"},                                                                      \
        .to_call = {rows("ignored", "text") ASYNCJOBS_TO_CALL                                      \
                    " (SELECT new_id FROM batch)" ASYNCJOBS_OLDEST_OF_LINE,                        \
                    "ttit"},                                                                       \
        .wait = {rows("new_timed", "integer") "INSERT INTO job_waiting"                            \
                                              " (job, line, queue, queued_at, is_timed)"           \
                                              " SELECT id, new_text, queue, run_at, new_timed"     \
                                              " FROM batch JOIN jobs ON " matches},                \
        .stop_waiting = {rows("ignored", "text") "DELETE FROM job_waiting WHERE " waiting_among},  \
        .place = {rows("new_fence",                                                                \
                       "bigint") "INSERT INTO job_places (line, job, fence, called_at)"            \
                                 " SELECT new_text, new_id, new_fence,"                            \
                                 " CASE WHEN new_fence = 0 THEN CAST(:now AS bigint) END"          \
                                 " FROM batch"},                                                   \
        .leave = {rows("ignored", "text") "DELETE FROM job_places WHERE " among(                   \
            "line", "new_text") " AND (line || '', job || '') IN"                                  \
                                " (SELECT new_text, new_id FROM batch)"},                          \
        .call = {rows("new_run_at", "bigint") "UPDATE jobs SET " ASYNCJOBS_IS_CALLED               \
                                              " FROM batch WHERE " matches                         \
                                              " AND status || '' = 'pending'"},                    \
        .put_back = {rows("new_run_at", "bigint") "UPDATE jobs SET " ASYNCJOBS_IS_PUT_BACK_AT(     \
            "new_run_at") " FROM batch WHERE " matches},                                           \
        .forget_line = {rows("ignored", "text") "DELETE FROM job_lines WHERE " among("line",       \
                                                                                     "new_id")},   \
        .keep_line = {rows("new_next_at", "bigint") "INSERT INTO job_lines"                        \
                                                    " (line, next_at, offered_until)"              \
                                                    " SELECT new_id, new_next_at,"                 \
                                                    " CAST(new_text AS bigint) FROM batch"},       \
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

inline constexpr Sql places = {"SELECT line, job, fence, called_at FROM job_places", "ttii"};

// Of lines in a range of names: see lines_of().
#define ASYNCJOBS_OF_LIMIT " WHERE line >= :first AND line < :last"
inline constexpr Sql waiting_for = {
    "SELECT job, queue, queued_at FROM job_waiting" ASYNCJOBS_OF_LIMIT, "tti"};
inline constexpr Sql nobody_waits = {"DELETE FROM job_waiting" ASYNCJOBS_OF_LIMIT};
inline constexpr Sql nobody_is_called = {"DELETE FROM job_places" ASYNCJOBS_OF_LIMIT
                                         " AND fence = 0"};
inline constexpr Sql forget_lines = {"DELETE FROM job_lines" ASYNCJOBS_OF_LIMIT};

/// What nobody needs any more. A place that was left is what tells a line to call; but nobody asks
/// for those of workers' own limits once the worker is gone. A day is long enough for turns to be
/// forgotten.
inline constexpr Sql forget_idle_lines = {
    "DELETE FROM job_lines WHERE next_at < :now - 86400000000 AND offered_until < :now"};
/// The last of some rows of job_waiting.
inline constexpr Sql last_of_waiting = {
    "SELECT job FROM job_waiting WHERE job > :after ORDER BY job LIMIT 1 OFFSET 1000", "t"};
inline constexpr Sql forget_places = {
    "DELETE FROM job_places WHERE line LIKE '%@%' AND line NOT LIKE '%=%@%'"
    " AND coalesce((SELECT CASE WHEN status = 'processing' THEN jobs.fence END FROM jobs"
    "  WHERE id = job), -1) <> job_places.fence"};

} // namespace statements

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
