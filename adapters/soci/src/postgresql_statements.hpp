#pragma once

#include "limit_statements.hpp"
#include "row_statements.hpp"
#include "statements.hpp"

/// What PostgreSQL says in words of its own: a batch is one statement, with an array for each
/// column of it. Parameters follow the order of their first appearance.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql {

// A prepared statement's plan is kept while the table grows from empty to millions of rows. A join
// by `id = other.id` may be planned as a walk of the primary key, which is cheapest on an empty
// table. A comparison with an array can only be looked up; the join is then by an expression that
// no index knows.
#define ASYNCJOBS_IS_AMONG(ids) " id = ANY(CAST(" ids " AS text[]))"

#define ASYNCJOBS_STEP "CAST(:step AS bigint)"
#define ASYNCJOBS_INSERT                                                                           \
    "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, unique_key,"        \
    " idempotency_key, limit_key, timeout, retention, created_at, updated_at, run_at, not_before," \
    " deadline, input, metadata, dependents)"                                                      \
    " SELECT id, type, queue, owner, 'pending', priority, max_attempts, unique_key,"               \
    " idempotency_key, limit_key, timeout, retention, :now, :now,"                                 \
    " CASE WHEN due > :now THEN due ELSE due - priority * " ASYNCJOBS_STEP " END,"                 \
    " CASE WHEN due <= :now AND priority > 0 THEN due END,"                                        \
    " coalesce(deadline, due + start_within), input, metadata, dependents"                         \
    " FROM (SELECT *, coalesce(run_at, :now + delay) AS due"                                       \
    " FROM unnest(CAST(:ids AS text[]), CAST(:types AS text[]), CAST(:queues AS text[]),"          \
    " CAST(:owners AS text[]), CAST(:priorities AS integer[]), CAST(:max_attempts AS integer[]),"  \
    " CAST(:unique_keys AS text[]), CAST(:idempotency_keys AS text[]),"                            \
    " CAST(:limit_keys AS text[]), CAST(:timeouts AS bigint[]), CAST(:retentions AS bigint[]),"    \
    " CAST(:run_at AS bigint[]), CAST(:delays AS bigint[]), CAST(:deadlines AS bigint[]),"         \
    " CAST(:start_within AS bigint[]), CAST(:inputs AS text[]), CAST(:metadata AS text[]),"        \
    " CAST(:dependents AS integer[]))"                                                             \
    " AS given (id, type, queue, owner, priority, max_attempts, unique_key, idempotency_key,"      \
    " limit_key, timeout, retention, run_at, delay, deadline, start_within, input, metadata,"      \
    " dependents))"                                                                                \
    " AS new"

/// All of them, or a fault.
inline constexpr Sql insert_all = {ASYNCJOBS_INSERT " RETURNING id, created_at", "ti"};

inline constexpr Sql insert = {ASYNCJOBS_INSERT " ON CONFLICT DO NOTHING RETURNING id, created_at",
                               "ti"};

// Said of the batch's row as well. An index must not know it: statistics of a moment when nothing
// was processing make a walk through all leases, for each job of a batch, look cheaper than the
// primary key. Nor may a planner take it for a reason why few of the jobs are left: it would
// compare each of them with each row of the batch, instead of hashing those.
#define ASYNCJOBS_IS_PROCESSING " AND CASE WHEN number > 0 THEN status END = 'processing'"

/// With one error more, of the attempt under way: see attempt_entry().
#define ASYNCJOBS_WITH_ERROR(entry)                                                                \
    "coalesce(left(attempt_errors, -1) || ',', '[') || '{\"attempt\":' || attempt || ',\"at\":' "  \
    "||"                                                                                           \
    " :now || ',\"worker\":' || CAST(to_json(worker) AS text) || ',' || " entry " || '}]'"

// A percentage of -1 says that none was reported. `becomes` is the status that the worker wants; a
// job that is put back (`pending`) although its cancellation was requested is cancelled instead.
#define ASYNCJOBS_IS_PUT_BACK "becomes = 'pending' AND cancel_requested_at IS NULL"
#define ASYNCJOBS_IS_GIVEN_BACK "delay = 0 AND refund = 1"
static_assert(priority_step == Duration{60'000'000});
#define ASYNCJOBS_POSTGRESQL_PLACE ASYNCJOBS_PLACE("least", "CAST(60000000 AS bigint)")
#define ASYNCJOBS_POSTGRESQL_BESIDE ASYNCJOBS_BESIDE(ASYNCJOBS_POSTGRESQL_PLACE)
#define ASYNCJOBS_IS_CANCELLED                                                                     \
    "(becomes = 'cancelled' OR becomes = 'pending' AND cancel_requested_at IS NOT NULL)"
inline constexpr Sql settle = {
    "UPDATE jobs SET"
    " status = CASE WHEN " ASYNCJOBS_IS_CANCELLED " THEN 'cancelled' ELSE becomes END,"
    " progress = CASE becomes WHEN 'completed' THEN 100 ELSE greatest(progress, new_percent) END,"
    " message = CASE WHEN new_percent >= progress THEN new_message ELSE message END,"
    " result = new_result,"
    " error = CASE becomes WHEN 'completed' THEN NULL ELSE coalesce(new_error, error) END,"
    " attempt_errors = CASE WHEN new_entry IS NULL THEN attempt_errors"
    "  ELSE " ASYNCJOBS_WITH_ERROR(
        "new_entry") " END,"
                     " completed_at = CASE becomes WHEN 'completed' THEN :now END,"
                     " failed_at = CASE becomes WHEN 'failed' THEN :now END,"
                     " cancelled_at = CASE WHEN " ASYNCJOBS_IS_CANCELLED " THEN :now END,"
                     " expires_at = CASE WHEN " ASYNCJOBS_IS_PUT_BACK
                     " THEN NULL ELSE :now + retention END,"
                     " run_at = CASE WHEN NOT (" ASYNCJOBS_IS_PUT_BACK
                     ") THEN run_at WHEN " ASYNCJOBS_IS_GIVEN_BACK
                     " THEN " ASYNCJOBS_POSTGRESQL_PLACE " ELSE :now + delay END,"
                     " not_before = CASE WHEN NOT (" ASYNCJOBS_IS_PUT_BACK
                     ") THEN not_before WHEN " ASYNCJOBS_IS_GIVEN_BACK
                     " THEN " ASYNCJOBS_POSTGRESQL_BESIDE " END,"
                     " attempt = greatest(attempt - refund, 0), updated_at = :now, revision = "
                     "revision + 1,"
                     " lease_expires_at = NULL"
                     " FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[]), CAST(:becomes "
                     "AS text[]),"
                     " CAST(:percents AS integer[]), CAST(:messages AS text[]), CAST(:results AS "
                     "text[]),"
                     " CAST(:errors AS text[]), CAST(:entries AS text[]), CAST(:delays AS "
                     "bigint[]),"
                     " CAST(:refunds AS integer[]))"
                     " WITH ORDINALITY AS settlement (settled_id, settled_fence, becomes, "
                     "new_percent, new_message,"
                     " new_result, new_error, new_entry, delay, refund, number)"
                     " WHERE" ASYNCJOBS_IS_AMONG(
                         ":ids") " AND id || '' = settled_id"
                                 " AND fence = settled_fence" ASYNCJOBS_IS_PROCESSING
                                 " AND (becomes <> 'cancelled' OR cancel_requested_at IS NOT NULL)"
                                 " RETURNING number, status, dependents,"
                                 " CASE status WHEN 'pending' THEN queue END,"
                                 " CASE status WHEN 'pending' THEN run_at END",
    "ititi"};

/// Due jobs of `served`, a queue and a range in which they are looked for, until there are enough:
/// see ClaimWatermarks.
#define ASYNCJOBS_DUE_OF_SERVED                                                                    \
    "unnest(CAST(:queues AS text[]), CAST(:from AS bigint[]), CAST(:to AS bigint[]))"              \
    " AS served (name, due_from, due_to),"                                                         \
    " LATERAL (SELECT ctid FROM jobs WHERE status = 'pending' AND queue = served.name"             \
    "  AND run_at <= :now AND run_at >= served.due_from AND run_at < served.due_to"                \
    "  ORDER BY run_at, id LIMIT :n FOR UPDATE SKIP LOCKED) AS due"
#define ASYNCJOBS_IS_SERVED                                                                        \
    "coalesce((SELECT paused FROM job_queues WHERE name = served.name), 0) = 0"

#define ASYNCJOBS_POSTGRESQL_NEXT_FENCE ASYNCJOBS_NEXT_FENCE("greatest")
inline constexpr Sql claim = {
    "UPDATE jobs SET status = 'processing', attempt = attempt + 1,"
    " fence = " ASYNCJOBS_POSTGRESQL_NEXT_FENCE ","
    " revision = revision + 1, progress = 0, message = '', worker = :worker, started_at = "
    ":now,"
    " updated_at = :now, lease_expires_at = :now + :lease_for, lease_for = "
    ":lease_for,"
    " claimed_ahead = :ahead"
    " WHERE ctid = ANY(ARRAY(SELECT due.ctid FROM " ASYNCJOBS_DUE_OF_SERVED " WHERE"
    " " ASYNCJOBS_IS_SERVED " LIMIT :n))"
    " RETURNING "
    "run_at,"
    " " ASYNCJOBS_CLAIMED_COLUMNS,
    due_columns};

/// As `claim`, to look at the jobs first. They are locked.
inline constexpr Sql find_due = {
    "SELECT " ASYNCJOBS_DUE_COLUMNS
    " FROM jobs WHERE ctid = ANY(ARRAY(SELECT due.ctid FROM " ASYNCJOBS_DUE_OF_SERVED " WHERE"
    " " ASYNCJOBS_IS_SERVED " LIMIT :n))",
    limited_due_columns};

/// Of those that are not due yet; then the time, and how long the transaction has taken.
inline constexpr Sql next_due_in = {
    "SELECT min(due.run_at) - :now, :now,"
    " CAST(extract(epoch FROM clock_timestamp() - now()) * 1000000 AS bigint) FROM "
    "unnest(CAST(:queues AS text[])) AS served (name),"
    " LATERAL (SELECT run_at FROM jobs WHERE status = 'pending' AND queue = served.name"
    "  AND run_at > :now ORDER BY run_at, id LIMIT 1) AS due"
    " WHERE " ASYNCJOBS_IS_SERVED,
    "iii"};

#define ASYNCJOBS_TELLS_NEWS                                                                       \
    "(new_percent > progress OR new_percent = progress AND new_message <> message)"
inline constexpr Sql extend = {
    "UPDATE jobs SET lease_expires_at = :now + :lease_for, lease_for = :lease_for,"
    " revision = revision + CASE WHEN " ASYNCJOBS_TELLS_NEWS " THEN 1 ELSE 0 END,"
    " updated_at = CASE WHEN " ASYNCJOBS_TELLS_NEWS " THEN :now ELSE updated_at END,"
    " progress = greatest(progress, new_percent),"
    " message = CASE WHEN new_percent >= progress THEN new_message ELSE message END,"
    " claimed_ahead = CASE started WHEN 1 THEN 0 ELSE claimed_ahead END,"
    " lost_ahead = CASE started WHEN 1 THEN 0 ELSE lost_ahead END"
    " FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[]), CAST(:percents AS integer[]),"
    " CAST(:messages AS text[]), CAST(:started AS integer[])) WITH ORDINALITY"
    " AS heartbeat (held_id, held_fence, new_percent, new_message, started, number)"
    " WHERE" ASYNCJOBS_IS_AMONG(":ids") " AND id || '' = held_id"
                                        " AND fence = held_fence" ASYNCJOBS_IS_PROCESSING
                                        " RETURNING number, cancel_requested_at",
    "ii"};

#define ASYNCJOBS_IS_QUARANTINED "(claimed_ahead = 0 AND crashes + 1 >= :crash_limit)"
inline constexpr Sql rescue = {
    "UPDATE jobs SET crashes = crashes + 1 - claimed_ahead, lost_ahead = claimed_ahead,"
    " attempt = greatest(attempt - 1, 0),"
    " lease_expires_at = NULL, updated_at = :now, revision = revision + 1,"
    " status = CASE WHEN " ASYNCJOBS_IS_QUARANTINED " THEN 'failed'"
    "  WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE 'pending' END,"
    " error = CASE WHEN " ASYNCJOBS_IS_QUARANTINED " THEN :error ELSE error END,"
    " attempt_errors = CASE WHEN " ASYNCJOBS_IS_QUARANTINED "  THEN " ASYNCJOBS_WITH_ERROR(
        ":entry") " ELSE attempt_errors END,"
                  " failed_at = CASE WHEN " ASYNCJOBS_IS_QUARANTINED " THEN :now END,"
                  " cancelled_at = CASE WHEN NOT " ASYNCJOBS_IS_QUARANTINED
                  "  AND cancel_requested_at IS NOT NULL THEN :now END,"
                  " expires_at = CASE WHEN " ASYNCJOBS_IS_QUARANTINED
                  " OR cancel_requested_at IS NOT NULL"
                  "  THEN :now + retention END,"
                  " run_at = CASE WHEN " ASYNCJOBS_IS_QUARANTINED
                  " OR cancel_requested_at IS NOT NULL"
                  "  THEN run_at WHEN claimed_ahead = 1"
                  "  THEN " ASYNCJOBS_POSTGRESQL_PLACE " ELSE :now END,"
                  " not_before = CASE WHEN " ASYNCJOBS_IS_QUARANTINED
                  " OR cancel_requested_at IS NOT NULL"
                  "  THEN not_before WHEN claimed_ahead = 1"
                  "  THEN " ASYNCJOBS_POSTGRESQL_BESIDE " END"
                  " WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs"
                  "  WHERE status = 'processing' AND lease_expires_at >= :watermark AND "
                  "lease_expires_at <= :now"
                  "  ORDER BY lease_expires_at LIMIT :n FOR UPDATE SKIP LOCKED))"
                  " RETURNING id, queue, status, run_at",
    "ttti"};

inline constexpr Sql purge = {
    "DELETE FROM jobs WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs"
    "  WHERE type = :type AND expires_at >= :watermark AND expires_at <= :now"
    "   AND dependents <> 1"
    "  ORDER BY expires_at LIMIT :n FOR UPDATE SKIP LOCKED))"
    " AND status IN ('completed', 'failed', 'cancelled')"
    " RETURNING " ASYNCJOBS_PURGED_COLUMNS,
    purged_columns};

inline constexpr Sql forget_tombstones = {
    "DELETE FROM job_tombstones WHERE id = ANY(ARRAY(" ASYNCJOBS_PAST_TOMBSTONES "))"};

inline constexpr Sql forget_waiting = {
    "DELETE FROM job_waiting WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_waiting"
    "  WHERE job > :after AND job <= :last ORDER BY job))" ASYNCJOBS_IS_NOT_WAITING};

inline constexpr Sql advance = {
    "UPDATE jobs SET " ASYNCJOBS_ADVANCES(
        ASYNCJOBS_STEP) " WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs"
                        "  WHERE " ASYNCJOBS_TO_ADVANCE
                        " ORDER BY run_at LIMIT :n FOR UPDATE SKIP LOCKED))"
                        " RETURNING queue, run_at",
    "ti"};

inline constexpr Sql replace = {
    ASYNCJOBS_REPLACE("coalesce(CAST(:run_at AS bigint), :now + CAST(:delay AS bigint))")};

#define ASYNCJOBS_POSTGRESQL_ROWS(column, type)                                                    \
    "WITH batch AS (SELECT entry ->> 0 AS new_id, CAST(entry ->> 1 AS " type ") AS " column        \
    ", entry ->> 2 AS new_text FROM json_array_elements(CAST(:rows AS json)) AS entry) "
#define ASYNCJOBS_POSTGRESQL_AMONG(column, of) column " = ANY(ARRAY(SELECT " of " FROM batch))"
#define ASYNCJOBS_POSTGRESQL_MATCHES                                                               \
    ASYNCJOBS_POSTGRESQL_AMONG("id", "new_id") " AND id || '' = new_id"
// Each is looked up by what was found before: OFFSET 0 leaves no other plan.
#define ASYNCJOBS_POSTGRESQL_STOPPED                                                               \
    "WITH RECURSIVE stopped (job, by_job) AS ("                                                    \
    "SELECT (entry ->> 0) COLLATE \"C\", CAST(NULL AS text) COLLATE \"C\""                         \
    " FROM json_array_elements(CAST(:rows AS json)) AS entry"                                      \
    " UNION SELECT found.id, stopped.job FROM stopped,"                                            \
    " LATERAL (SELECT child FROM job_dependencies WHERE parent = stopped.job AND is_open = 1"      \
    "  OFFSET 0) AS edge,"                                                                         \
    " LATERAL (SELECT id FROM jobs WHERE id = edge.child AND status || '' = 'pending'"             \
    "  AND " ASYNCJOBS_CAN_BE_STOPPED " OFFSET 0) AS found)"                                       \
    " SELECT job, by_job FROM stopped WHERE by_job IS NOT NULL LIMIT :n"
inline constexpr RowStatements over_rows = ASYNCJOBS_ROW_STATEMENTS(
    ASYNCJOBS_POSTGRESQL_ROWS, ASYNCJOBS_POSTGRESQL_AMONG, ASYNCJOBS_POSTGRESQL_MATCHES,
    " FOR UPDATE", " FOR UPDATE SKIP LOCKED", ASYNCJOBS_POSTGRESQL_STOPPED);

// The order leaves no choice but the primary key: the other index of job_waiting ends in `job`.
#define ASYNCJOBS_POSTGRESQL_WAITING_AMONG                                                         \
    "ctid = ANY(ARRAY(SELECT ctid FROM job_waiting WHERE " ASYNCJOBS_POSTGRESQL_AMONG(             \
        "job", "new_id") " ORDER BY job FOR UPDATE))"
inline constexpr LimitStatements limits = ASYNCJOBS_LIMIT_STATEMENTS(
    ASYNCJOBS_POSTGRESQL_ROWS, ASYNCJOBS_POSTGRESQL_AMONG, ASYNCJOBS_POSTGRESQL_MATCHES,
    ASYNCJOBS_POSTGRESQL_WAITING_AMONG " AND job || '' = new_id",
    ASYNCJOBS_POSTGRESQL_WAITING_AMONG, " FOR UPDATE", ASYNCJOBS_POSTGRESQL_NEXT_FENCE);

inline constexpr Sql find = {
    "SELECT " ASYNCJOBS_JOB_COLUMNS " FROM jobs WHERE id = ANY(CAST(:ids AS text[]))", job_columns};
inline constexpr Sql find_summaries = {"SELECT " ASYNCJOBS_SUMMARY_COLUMNS
                                       " FROM jobs WHERE id = ANY(CAST(:ids AS text[]))",
                                       summary_columns};

inline constexpr Sql restart = {
    "UPDATE jobs SET " ASYNCJOBS_STARTS_ANEW " AND"
    "  (SELECT 1 FROM jobs AS holder WHERE holder.unique_key = jobs.unique_key"
    "   AND holder.status IN ('pending', 'processing') LIMIT 1) IS NULL"};

/// Until the transaction ends.
inline constexpr Sql lock_schema = {"SELECT pg_advisory_xact_lock(:key)", "t"};
inline constexpr Sql record_version = {
    "INSERT INTO asyncjobs_schema (version, applied_at) VALUES (:version, :now)"};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql
