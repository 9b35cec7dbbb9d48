#pragma once

#include "limit_statements.hpp"
#include "row_statements.hpp"
#include "statements.hpp"

/// What SQLite says in words of its own. Parameters follow the order of their first appearance.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite {

inline constexpr Sql insert = {
    "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, unique_key,"
    " idempotency_key, limit_key, timeout, retention, created_at, updated_at, run_at, not_before,"
    " deadline, input, metadata, dependents)"
    " VALUES (:id, :type, :queue, :owner, 'pending', :priority, :max_attempts, :unique_key,"
    " :idempotency_key, :limit_key, :timeout, :retention, :now, :now, :run_at, :not_before,"
    " :deadline, :input, :metadata, :dependents)"
    " ON CONFLICT DO NOTHING"};

// A percentage of -1 says that none was reported.
#define ASYNCJOBS_IF_LEASED " WHERE id = :id AND fence = :fence AND status = 'processing'"
#define ASYNCJOBS_PROGRESS                                                                         \
    " progress = max(progress, :percent),"                                                         \
    " message = CASE WHEN :percent >= progress THEN :message ELSE message END,"                    \
    " updated_at = :now, revision = revision + 1, lease_expires_at = NULL"

inline constexpr Sql complete = {
    "UPDATE jobs SET status = 'completed',"
    " message = CASE WHEN :percent >= progress THEN :message ELSE message END, progress = 100,"
    " result = :result, error = NULL, completed_at = :now, expires_at = :now + retention,"
    " updated_at = :now, revision = revision + 1, lease_expires_at = NULL" ASYNCJOBS_IF_LEASED};

/// With one error more, of the attempt under way: see attempt_entry().
#define ASYNCJOBS_SQLITE_WITH_ERROR                                                                \
    "coalesce(substr(attempt_errors, 1, length(attempt_errors) - 1) || ',', '[')"                  \
    " || '{\"attempt\":' || attempt || ',\"at\":' || :now || ',\"worker\":' || json_quote(worker)" \
    " || ',' || :entry || '}]'"

inline constexpr Sql fail = {
    "UPDATE jobs SET" ASYNCJOBS_PROGRESS
    ", status = 'failed', error = :error, attempt_errors = " ASYNCJOBS_SQLITE_WITH_ERROR
    ", failed_at = :now, expires_at = :now + retention" ASYNCJOBS_IF_LEASED};

inline constexpr Sql cancel = {
    "UPDATE jobs SET" ASYNCJOBS_PROGRESS
    ", status = 'cancelled', cancelled_at = :now, expires_at = :now + retention" ASYNCJOBS_IF_LEASED
    " AND cancel_requested_at IS NOT NULL"};

static_assert(priority_step == Duration{60'000'000});
#define ASYNCJOBS_SQLITE_PLACE ASYNCJOBS_PLACE("min", "60000000")
#define ASYNCJOBS_SQLITE_BESIDE ASYNCJOBS_BESIDE(ASYNCJOBS_SQLITE_PLACE)
/// `released` and `retried`; `error` is null, and `refund` 1, of the former.
inline constexpr Sql put_back = {
    "UPDATE jobs SET" ASYNCJOBS_PROGRESS
    ", status = iif(cancel_requested_at IS NULL, 'pending', 'cancelled'),"
    " cancelled_at = iif(cancel_requested_at IS NULL, NULL, :now),"
    " expires_at = iif(cancel_requested_at IS NULL, NULL, :now + retention),"
    " run_at = CASE WHEN cancel_requested_at IS NOT NULL THEN run_at"
    "  WHEN :delay = 0 AND :refund = 1 THEN " ASYNCJOBS_SQLITE_PLACE " ELSE :now + :delay END,"
    " not_before = CASE WHEN cancel_requested_at IS NOT NULL THEN not_before"
    "  WHEN :delay = 0 AND :refund = 1 THEN " ASYNCJOBS_SQLITE_BESIDE " END,"
    " attempt = max(attempt - :refund, 0), error = coalesce(:error, error),"
    " attempt_errors = iif(:entry IS NULL, attempt_errors, " ASYNCJOBS_SQLITE_WITH_ERROR
    ")" ASYNCJOBS_IF_LEASED " RETURNING status",
    "t"};

#define ASYNCJOBS_SQLITE_NEXT_FENCE ASYNCJOBS_NEXT_FENCE("max")
inline constexpr Sql claim = {
    "UPDATE jobs SET status = 'processing', attempt = attempt + 1,"
    " fence = " ASYNCJOBS_SQLITE_NEXT_FENCE ","
    " revision = revision + 1, progress = 0, message = '', worker = :worker, started_at = :now,"
    " updated_at = :now, lease_expires_at = :lease_expires_at, lease_for = :lease_for,"
    " claimed_ahead = :ahead"
    " WHERE rowid IN (SELECT rowid FROM jobs"
    "  WHERE status = 'pending' AND queue = :queue AND run_at <= :now"
    "   AND coalesce((SELECT paused FROM job_queues WHERE name = :queue), 0) = 0"
    "  ORDER BY run_at, id LIMIT :n)"
    " RETURNING run_at, " ASYNCJOBS_CLAIMED_COLUMNS,
    due_columns};

inline constexpr Sql extend = {"UPDATE jobs SET lease_expires_at = :lease_expires_at,"
                               " lease_for = :lease_for" ASYNCJOBS_IF_LEASED
                               " RETURNING cancel_requested_at",
                               "i"};

#define ASYNCJOBS_IS_NEWS ":percent > progress OR (:percent = progress AND :message <> message)"
inline constexpr Sql extend_with_progress = {
    "UPDATE jobs SET lease_expires_at = :lease_expires_at, lease_for = :lease_for,"
    " revision = revision + iif(" ASYNCJOBS_IS_NEWS ", 1, 0),"
    " updated_at = iif(" ASYNCJOBS_IS_NEWS ", :now, updated_at),"
    " progress = max(progress, :percent),"
    " message = iif(:percent >= progress, :message, message)" ASYNCJOBS_IF_LEASED
    " RETURNING cancel_requested_at",
    "i"};

/// Of a job that was claimed ahead.
inline constexpr Sql report_start = {"UPDATE jobs SET claimed_ahead = 0,"
                                     " lost_ahead = 0" ASYNCJOBS_IF_LEASED};

#define ASYNCJOBS_SQLITE_IS_QUARANTINED "(claimed_ahead = 0 AND crashes + 1 >= :crash_limit)"
inline constexpr Sql rescue = {
    "UPDATE jobs SET crashes = crashes + 1 - claimed_ahead, lost_ahead = claimed_ahead,"
    " attempt = max(attempt - 1, 0),"
    " lease_expires_at = NULL, updated_at = :now, revision = revision + 1,"
    " status = CASE WHEN " ASYNCJOBS_SQLITE_IS_QUARANTINED " THEN 'failed'"
    "  WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'pending' END,"
    " error = iif(" ASYNCJOBS_SQLITE_IS_QUARANTINED ", :error, error),"
    " attempt_errors = iif(" ASYNCJOBS_SQLITE_IS_QUARANTINED ", " ASYNCJOBS_SQLITE_WITH_ERROR
    ", attempt_errors),"
    " failed_at = iif(" ASYNCJOBS_SQLITE_IS_QUARANTINED ", :now, NULL),"
    " cancelled_at = iif(NOT " ASYNCJOBS_SQLITE_IS_QUARANTINED
    " AND cancel_requested_at IS NOT NULL,"
    "  :now, NULL),"
    " expires_at = iif(" ASYNCJOBS_SQLITE_IS_QUARANTINED " OR cancel_requested_at IS NOT NULL,"
    "  :now + retention, NULL),"
    " run_at = CASE WHEN " ASYNCJOBS_SQLITE_IS_QUARANTINED
    "  OR cancel_requested_at IS NOT NULL THEN run_at"
    "  WHEN claimed_ahead = 1 THEN " ASYNCJOBS_SQLITE_PLACE " ELSE :now END,"
    " not_before = CASE WHEN " ASYNCJOBS_SQLITE_IS_QUARANTINED
    "  OR cancel_requested_at IS NOT NULL THEN not_before"
    "  WHEN claimed_ahead = 1 THEN " ASYNCJOBS_SQLITE_BESIDE " END"
    " WHERE rowid IN (SELECT rowid FROM jobs"
    "  WHERE status = 'processing' AND lease_expires_at >= :watermark AND lease_expires_at <= :now"
    "  ORDER BY lease_expires_at LIMIT :n)"
    " RETURNING id, queue, status, run_at",
    "ttti"};

inline constexpr Sql advance = {"UPDATE jobs SET " ASYNCJOBS_ADVANCES(
    ":step") " WHERE rowid IN (SELECT rowid FROM jobs"
             "  WHERE " ASYNCJOBS_TO_ADVANCE " ORDER BY run_at LIMIT :n)"};

inline constexpr Sql purge = {
    "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs"
    "  WHERE type = :type AND expires_at >= :watermark AND expires_at <= :now"
    "   AND dependents <> 1"
    "  ORDER BY expires_at LIMIT :n) AND status IN ('completed', 'failed', 'cancelled')"
    " RETURNING " ASYNCJOBS_PURGED_COLUMNS,
    purged_columns};

inline constexpr Sql find = {"SELECT " ASYNCJOBS_JOB_COLUMNS " FROM jobs WHERE id = :id",
                             job_columns};
inline constexpr Sql find_summaries = {
    "SELECT " ASYNCJOBS_SUMMARY_COLUMNS " FROM jobs WHERE id = :id", summary_columns};

inline constexpr Sql lock = {"SELECT status FROM jobs WHERE id = :id", "t"};

inline constexpr Sql restart = {"UPDATE OR IGNORE jobs SET " ASYNCJOBS_STARTS_ANEW};

#define ASYNCJOBS_SQLITE_ROWS(column, type)                                                        \
    "WITH batch AS (SELECT value ->> 0 AS new_id, CAST(value ->> 1 AS " type ") AS " column        \
    ", value ->> 2 AS new_text FROM json_each(:rows)) "
#define ASYNCJOBS_SQLITE_AMONG(column, of) column " IN (SELECT " of " FROM batch)"
#define ASYNCJOBS_SQLITE_STOPPED                                                                   \
    "WITH RECURSIVE stopped (job, by_job) AS (SELECT value ->> 0, NULL FROM json_each(:rows)"      \
    " UNION SELECT jobs.id, stopped.job FROM stopped"                                              \
    " CROSS JOIN job_dependencies ON parent = stopped.job AND is_open = 1"                         \
    " CROSS JOIN jobs ON jobs.id = child AND status || '' = 'pending'"                             \
    " AND " ASYNCJOBS_CAN_BE_STOPPED ")"                                                           \
    " SELECT job, by_job FROM stopped WHERE by_job IS NOT NULL LIMIT :n"
inline constexpr RowStatements over_rows = ASYNCJOBS_ROW_STATEMENTS(
    ASYNCJOBS_SQLITE_ROWS, ASYNCJOBS_SQLITE_AMONG, "id = new_id", "", "", ASYNCJOBS_SQLITE_STOPPED);

inline constexpr Sql find_due = {
    "SELECT " ASYNCJOBS_DUE_COLUMNS " FROM jobs"
    " WHERE status = 'pending' AND queue = :queue AND run_at <= :now AND NOT EXISTS"
    "  (SELECT 1 FROM job_queues WHERE name = :queue AND paused = 1)"
    " ORDER BY run_at, id LIMIT :n",
    limited_due_columns};

inline constexpr LimitStatements limits = ASYNCJOBS_LIMIT_STATEMENTS(
    ASYNCJOBS_SQLITE_ROWS, ASYNCJOBS_SQLITE_AMONG, "id = new_id", "job = new_id",
    ASYNCJOBS_SQLITE_AMONG("job", "new_id"), "", ASYNCJOBS_SQLITE_NEXT_FENCE);

inline constexpr Sql record_version = {
    "INSERT INTO asyncjobs_schema (version, applied_at) VALUES (:version, :now)"};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite
