#pragma once

#include "limit_statements.hpp"
#include "mysql_slots.hpp"
#include "row_statements.hpp"
#include "statements.hpp"

/// What MySQL and MariaDB say in words of their own. Parameters follow the order of their first
/// appearance.
///
/// A batch is one JSON text that JSON_TABLE takes apart. Its columns are all `longtext`, as others
/// cut texts and make 0 of bad numbers; have a character set, as otherwise they take the
/// database's; and bear names that no column of jobs has. STRAIGHT_JOIN and FORCE INDEX keep the
/// planner from scanning jobs, which would also lock what it passes.
///
/// What either of MySQL 8.0 to 9 and MariaDB 10.6 to 12 lacks is not here: SHA1() and MD5(),
/// FOR UPDATE OF, RETURNING, JSON functions of binary strings.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

#define ASYNCJOBS_MYSQL_TIME "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"
inline constexpr Sql now = {"SELECT " ASYNCJOBS_MYSQL_TIME, "i"};

/// One time for all statements of a call, without a round trip of its own: it stands where a
/// statement's `:now` is absent.
#define ASYNCJOBS_MYSQL_KEPT_TIME "@asyncjobs_now"
inline constexpr Sql keep_time = {"SET " ASYNCJOBS_MYSQL_KEPT_TIME " = " ASYNCJOBS_MYSQL_TIME};

#define ASYNCJOBS_COLUMN(name, at) "new_" name " longtext CHARACTER SET utf8mb4 PATH '$[" at "]'"
#define ASYNCJOBS_OF_BATCH " AS batch STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON id = new_id"
/// Rows for a SELECT that locks: MySQL 9 refuses to lock a JSON_TABLE itself (error 3569).
#define ASYNCJOBS_NOT_LOCKED(rows) "(SELECT * FROM " rows " AS unlocked)"
#define ASYNCJOBS_IDS "JSON_TABLE(:ids, '$[*]' COLUMNS (" ASYNCJOBS_COLUMN("id", "0") "))"

inline constexpr Sql insert =
    {
        "INSERT INTO jobs (id, type, queue, owner, status, priority, max_attempts, unique_key,"
        " idempotency_key, limit_key, timeout, retention, created_at, updated_at, run_at, "
        "not_before,"
        " deadline, input, metadata, dependents)"
        " SELECT new_id, new_type, new_queue, new_owner, 'pending', new_priority, new_max_attempts,"
        "  new_unique_key, new_idempotency_key, new_limit_key, new_timeout, new_retention, :now, "
        ":now,"
        "  new_run_at, new_not_before, new_deadline, new_input, "
        "new_metadata, new_dependents FROM JSON_TABLE(:rows, '$[*]' COLUMNS ("
        // clang-format off
    ASYNCJOBS_COLUMN("id", "0") ", " ASYNCJOBS_COLUMN("type", "1") ", "
    ASYNCJOBS_COLUMN("queue", "2") ", " ASYNCJOBS_COLUMN("owner", "3") ", "
    ASYNCJOBS_COLUMN("priority", "4") ", " ASYNCJOBS_COLUMN("max_attempts", "5") ", "
    ASYNCJOBS_COLUMN("unique_key", "6") ", " ASYNCJOBS_COLUMN("idempotency_key", "7") ", "
    ASYNCJOBS_COLUMN("limit_key", "8") ", " ASYNCJOBS_COLUMN("timeout", "9") ", "
    ASYNCJOBS_COLUMN("retention", "10") ", " ASYNCJOBS_COLUMN("run_at", "11") ", "
    ASYNCJOBS_COLUMN("not_before", "12") ", " ASYNCJOBS_COLUMN("deadline", "13") ", "
    ASYNCJOBS_COLUMN("input", "14") ", " ASYNCJOBS_COLUMN("metadata", "15") ", "
    ASYNCJOBS_COLUMN("dependents", "16")
        // clang-format on
        ")) AS batch"};

/// The rest of a text that was too long for its batch.
inline constexpr Sql append_to_input = {
    "UPDATE jobs SET input = CONCAT(input, :piece) WHERE id = :id"};
inline constexpr Sql append_to_result = {
    "UPDATE jobs SET result = CONCAT(result, :piece) WHERE id = :id"};
inline constexpr Sql append_to_error = {
    "UPDATE jobs SET error = CONCAT(error, :piece) WHERE id = :id"};

inline constexpr Sql taken_ids = {
    "SELECT id, created_at FROM " ASYNCJOBS_NOT_LOCKED(ASYNCJOBS_IDS) ASYNCJOBS_OF_BATCH, "ti"};

#define ASYNCJOBS_KEYS "JSON_TABLE(:keys, '$[*]' COLUMNS (" ASYNCJOBS_COLUMN("key", "0") "))"
#define ASYNCJOBS_HAVE_KEY(key, index)                                                             \
    "SELECT " key ", id, created_at FROM " ASYNCJOBS_NOT_LOCKED(                                   \
        ASYNCJOBS_KEYS) " AS batch STRAIGHT_JOIN jobs FORCE INDEX (" index ") ON " key             \
                        " = new_key"
inline constexpr Sql firsts_of_keys = {
    ASYNCJOBS_HAVE_KEY("idempotency_key", "jobs_idempotency_key"), "tti"};
inline constexpr Sql key_holders = {ASYNCJOBS_HAVE_KEY("live_key", "jobs_unique_key"), "tti"};

/// Changes of many jobs are of one table: a join with JSON_TABLE would write them to a temporary
/// table first, on disk where a text is among them. `:these` are literals of ids, and a value that
/// is not the same for all of them is an expression of `id`: see by_id(). SET goes from left to
/// right, and what was set is seen by what follows.
#define ASYNCJOBS_MYSQL_JOBS_BY_ID "jobs FORCE INDEX (PRIMARY)"
#define ASYNCJOBS_MYSQL_ARE_HELD                                                                   \
    " WHERE id IN (:these) AND fence = :fence AND status = 'processing'"

// A percentage of -1 says that none was reported. `becomes` is the status that the worker wants; a
// job that is put back (`pending`) although its cancellation was requested is cancelled instead.
#define ASYNCJOBS_MYSQL_IS_PUT_BACK "(:becomes = 'pending' AND cancel_requested_at IS NULL)"
#define ASYNCJOBS_MYSQL_IS_CANCELLED                                                               \
    "(:becomes = 'cancelled' OR :becomes = 'pending' AND cancel_requested_at IS NOT NULL)"
#define ASYNCJOBS_MYSQL_IS_GIVEN_BACK                                                              \
    "(" ASYNCJOBS_MYSQL_IS_PUT_BACK " AND :delay = 0 AND :refund = 1)"
#define ASYNCJOBS_MYSQL_ARE_SETTLED                                                                \
    ASYNCJOBS_MYSQL_ARE_HELD " AND (:becomes <> 'cancelled' OR cancel_requested_at IS NOT NULL)"

/// See ASYNCJOBS_PLACE. One that keeps no place has `run_at` alone; what is over keeps its times.
static_assert(priority_step == Duration{60'000'000});
#define ASYNCJOBS_MYSQL_STOOD_AT ASYNCJOBS_STOOD_AT("60000000")
#define ASYNCJOBS_MYSQL_GOES_TO(is_over, keeps_place, run_at)                                      \
    " not_before = IF(" is_over ", not_before,"                                                    \
    "  IF(" keeps_place ", COALESCE(not_before, run_at), NULL)),"                                  \
    " run_at = IF(" is_over ", run_at,"                                                            \
    "  IF(" keeps_place ", LEAST(" ASYNCJOBS_MYSQL_STOOD_AT ", :now), " run_at ")),"               \
    " not_before = IF(" is_over ", not_before, NULLIF(not_before, run_at)),"
#define ASYNCJOBS_MYSQL_SETTLED_GOES                                                               \
    ASYNCJOBS_MYSQL_GOES_TO("NOT " ASYNCJOBS_MYSQL_IS_PUT_BACK, ASYNCJOBS_MYSQL_IS_GIVEN_BACK,     \
                            ":now + :delay")

/// With one error more, of the attempt under way: see attempt_entry().
#define ASYNCJOBS_MYSQL_WITH_ERROR(entry)                                                          \
    "CONCAT(COALESCE(CONCAT(LEFT(attempt_errors, CHAR_LENGTH(attempt_errors) - 1), ','), '['),"    \
    " '{\"attempt\":', attempt, ',\"at\":', :now, ',\"worker\":',"                                 \
    " JSON_QUOTE(CONVERT(worker USING utf8mb4)), ',', " entry ", '}]')"

/// Answers those that will be settled, and as what; they stay as they are until the transaction
/// ends.
inline constexpr Sql lock_settled = {
    "SELECT id, IF(" ASYNCJOBS_MYSQL_IS_CANCELLED ", 'cancelled', :becomes), dependents, queue,"
    " " ASYNCJOBS_MYSQL_STOOD_AT " FROM " ASYNCJOBS_MYSQL_JOBS_BY_ID ASYNCJOBS_MYSQL_ARE_SETTLED
    " FOR UPDATE",
    "ttiti"};

inline constexpr Sql settle = {
    "UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID " SET"
    " status = IF(" ASYNCJOBS_MYSQL_IS_CANCELLED ", 'cancelled', :becomes),"
    " message = IF(:percent >= progress, :message, message),"
    " progress = IF(:becomes = 'completed', 100, GREATEST(progress, :percent)),"
    " result = :result,"
    " error = IF(:becomes = 'completed', NULL, COALESCE(:error, error)),"
    " attempt_errors = IF(:entry IS NULL, attempt_errors, " ASYNCJOBS_MYSQL_WITH_ERROR(
        ":entry") "),"
                  " completed_at = IF(:becomes = 'completed', :now, NULL),"
                  " failed_at = IF(:becomes = 'failed', :now, NULL),"
                  " cancelled_at = IF(" ASYNCJOBS_MYSQL_IS_CANCELLED ", :now, NULL),"
                  " expires_at = IF(" ASYNCJOBS_MYSQL_IS_PUT_BACK
                  ", NULL, :now + retention)," ASYNCJOBS_MYSQL_SETTLED_GOES
                  " attempt = GREATEST(attempt - :refund, 0), lease_expires_at = NULL, updated_at "
                  "= :now,"
                  " revision = revision + 1" ASYNCJOBS_MYSQL_ARE_SETTLED};

/// For a column that no index has: where statistics say that there is hardly a job, MySQL walks
/// over an index that has all columns of a statement, although it may have the entries of millions
/// that are gone. MariaDB does not, and takes this for a comment.
#define ASYNCJOBS_MYSQL_BY_RANGE " /*!80016 AND revision >= 0 */"

/// What waits in a queue, by the index jobs_due: `:slots` is a condition for due_slot, which is
/// null where a job does not wait. A range for the queue, and a sum for the time, leave no other
/// plan than to look up the slots: a planner whose statistics say that the queue is empty would
/// walk all of it.
static_assert(slot_width == Duration{262'144});
#define ASYNCJOBS_MYSQL_WAITING(columns, condition)                                                \
    "SELECT " columns " FROM jobs FORCE INDEX (jobs_due)"                                          \
    " WHERE queue >= :queue AND queue <= :queue AND " condition ASYNCJOBS_MYSQL_BY_RANGE           \
    " AND NOT EXISTS (SELECT 1 FROM job_queues WHERE name = :queue AND paused = 1)"                \
    " ORDER BY queue, due_slot, run_at, id LIMIT "
#define ASYNCJOBS_MYSQL_DUE(columns)                                                               \
    ASYNCJOBS_MYSQL_WAITING(                                                                       \
        columns, ":slots AND run_at + 0 >= :from AND run_at + 0 < :to AND run_at + 0 <= :now")     \
    ":some"

/// Locks by primary key the jobs of which a SELECT that does not lock has found `due_id`. One that
/// locks takes two pages or more for each entry of a job that is gone.
#define ASYNCJOBS_MYSQL_LOCKED(columns, found, condition)                                          \
    "SELECT " columns " FROM (" found ") AS found STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY)"        \
    " ON id = due_id WHERE " condition
#define ASYNCJOBS_MYSQL_LOCKED_DUE(columns)                                                        \
    ASYNCJOBS_MYSQL_LOCKED(columns, ASYNCJOBS_MYSQL_DUE("id AS due_id"),                           \
                           "status = 'pending' AND queue = :queue AND run_at <= :now")             \
    " LIMIT :n FOR UPDATE SKIP LOCKED"

/// The first `:n` of the first `:some` that nobody else has locked: see ClaimWatermarks.
inline constexpr Sql find_due = {
    ASYNCJOBS_MYSQL_LOCKED_DUE("run_at, " ASYNCJOBS_CLAIMED_COLUMNS_AT(":now")), due_columns};

/// How many there are, up to `:some`, locked or not.
inline constexpr Sql count_due = {
    "SELECT count(*) FROM (" ASYNCJOBS_MYSQL_DUE("id AS due_id") ") AS found", "i"};

/// Of those that are not due yet.
inline constexpr Sql next_due_in = {
    "SELECT run_at - :now FROM (" ASYNCJOBS_MYSQL_WAITING(
        "run_at", "due_slot >= :now DIV 262144 AND run_at > :now") "1) AS found",
    "i"};

inline constexpr Sql count_waiting = {
    "SELECT count(*), :now, min(run_at) FROM"
    " (SELECT run_at FROM jobs FORCE INDEX (jobs_due) WHERE queue >= :queue AND queue <= :queue"
    "  AND due_slot >= :watermark DIV 262144 AND due_slot <= :now DIV 262144"
    "  AND run_at >= :watermark AND run_at <= :now" ASYNCJOBS_MYSQL_BY_RANGE
    "  ORDER BY queue, due_slot, run_at LIMIT :count_limit) AS found",
    "iii"};

/// `used` is what statements::used_fence returned once the jobs were locked.
#define ASYNCJOBS_MYSQL_NEXT_FENCE "GREATEST(fence, :used) + 1"
inline constexpr Sql take = {
    "UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID
    " SET status = 'processing', attempt = attempt + 1, fence = " ASYNCJOBS_MYSQL_NEXT_FENCE ","
    " revision = revision + 1, progress = 0, message = '', worker = :worker, started_at = :now,"
    " updated_at = :now, lease_expires_at = :now + :lease_for, lease_for = :lease_for,"
    " claimed_ahead = :ahead WHERE id IN (:these)"};

inline constexpr Sql lock_held = {
    "SELECT id, cancel_requested_at FROM " ASYNCJOBS_MYSQL_JOBS_BY_ID ASYNCJOBS_MYSQL_ARE_HELD
    " FOR UPDATE",
    "ti"};

/// Texts are compared byte for byte; their collation takes no notice of blanks at the end.
#define ASYNCJOBS_MYSQL_TELLS_NEWS                                                                 \
    "(:percent > progress OR :percent = progress AND"                                              \
    "  CAST(:message AS BINARY) <> CAST(message AS BINARY))"
inline constexpr Sql extend = {
    "UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID " SET lease_expires_at = :now + :lease_for,"
    " lease_for = :lease_for,"
    " revision = revision + IF(" ASYNCJOBS_MYSQL_TELLS_NEWS ", 1, 0),"
    " updated_at = IF(" ASYNCJOBS_MYSQL_TELLS_NEWS ", :now, updated_at),"
    " message = IF(:percent >= progress, :message, message),"
    " progress = GREATEST(progress, :percent),"
    " claimed_ahead = IF(:started = 1, 0, claimed_ahead),"
    " lost_ahead = IF(:started = 1, 0, lost_ahead)" ASYNCJOBS_MYSQL_ARE_HELD};

inline constexpr Sql find = {
    "SELECT " ASYNCJOBS_JOB_COLUMNS " FROM " ASYNCJOBS_IDS ASYNCJOBS_OF_BATCH, job_columns};
inline constexpr Sql find_summaries = {
    "SELECT " ASYNCJOBS_SUMMARY_COLUMNS " FROM " ASYNCJOBS_IDS ASYNCJOBS_OF_BATCH, summary_columns};

#define ASYNCJOBS_MYSQL_IS_QUARANTINED "(claimed_ahead = 0 AND crashes + 1 >= :crash_limit)"
#define ASYNCJOBS_MYSQL_RESCUED_GOES                                                               \
    ASYNCJOBS_MYSQL_GOES_TO(ASYNCJOBS_MYSQL_IS_OVER, "claimed_ahead = 1", ":now")
#define ASYNCJOBS_MYSQL_IS_OVER                                                                    \
    "(" ASYNCJOBS_MYSQL_IS_QUARANTINED " OR cancel_requested_at IS NOT NULL)"
/// Answers what rescue() makes of them, too.
inline constexpr Sql find_expired = {
    ASYNCJOBS_MYSQL_LOCKED(
        "id, queue, IF(" ASYNCJOBS_MYSQL_IS_QUARANTINED ", 'failed',"
        " IF(cancel_requested_at IS NULL, 'pending', 'cancelled')),"
        " IF(claimed_ahead = 1, " ASYNCJOBS_MYSQL_STOOD_AT ", NULL)",
        "SELECT id AS due_id FROM jobs FORCE INDEX (jobs_lease)"
        " WHERE lease_expires_at >= :watermark AND lease_expires_at <= "
        ":now" ASYNCJOBS_MYSQL_BY_RANGE " ORDER BY lease_expires_at LIMIT :n",
        "status = 'processing' AND lease_expires_at <= :now") " FOR UPDATE SKIP LOCKED",
    "ttti"};

inline constexpr Sql rescue = {
    "UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID " SET status = IF(" ASYNCJOBS_MYSQL_IS_QUARANTINED
    ", 'failed',"
    " IF(cancel_requested_at IS NULL, 'pending', 'cancelled')),"
    " error = IF(" ASYNCJOBS_MYSQL_IS_QUARANTINED ", :error, error),"
    " attempt_errors = IF(" ASYNCJOBS_MYSQL_IS_QUARANTINED ", " ASYNCJOBS_MYSQL_WITH_ERROR(
        ":entry") ", attempt_errors),"
                  " failed_at = IF(" ASYNCJOBS_MYSQL_IS_QUARANTINED ", :now, NULL),"
                  " cancelled_at = IF(NOT " ASYNCJOBS_MYSQL_IS_QUARANTINED
                  " AND cancel_requested_at IS NOT NULL, :now, NULL),"
                  " expires_at = IF(" ASYNCJOBS_MYSQL_IS_OVER
                  ", :now + retention, NULL)," ASYNCJOBS_MYSQL_RESCUED_GOES
                  " attempt = GREATEST(attempt - 1, 0), crashes = crashes + 1 - claimed_ahead,"
                  " lost_ahead = claimed_ahead,"
                  " lease_expires_at = NULL, updated_at = :now, revision = revision + 1"
                  " WHERE id IN (:these)"};

inline constexpr Sql expired_lease = {
    "SELECT :now, (SELECT lease_expires_at FROM jobs FORCE INDEX (jobs_lease)"
    " WHERE status = 'processing' AND lease_expires_at >= :watermark AND lease_expires_at <= :now"
    " ORDER BY lease_expires_at LIMIT 1)",
    "ii"};

/// Only a job under lease has a time at which it expires.
inline constexpr Sql held = {"SELECT " ASYNCJOBS_CLAIMED_COLUMNS
                             " FROM jobs FORCE INDEX (jobs_lease)"
                             " WHERE worker = :worker AND status = 'processing'"
                             " AND lease_expires_at >= " ASYNCJOBS_FROM_WATERMARK_OR_NOW,
                             claimed_columns};

inline constexpr Sql count_processing = {
    "SELECT count(*), :now, min(lease_expires_at) FROM"
    " (SELECT lease_expires_at FROM jobs FORCE INDEX (jobs_lease) WHERE queue = :queue"
    "  AND lease_expires_at >= :watermark AND lease_expires_at < :until"
    "  ORDER BY lease_expires_at LIMIT :count_limit) AS found",
    "iii"};

inline constexpr Sql next_type = {"SELECT type FROM jobs FORCE INDEX (jobs_finished)"
                                  " WHERE type > :after ORDER BY type LIMIT 1",
                                  "t"};

/// Finished jobs of a type; a range for it, too, for the reason that the queue has one.
#define ASYNCJOBS_MYSQL_FINISHED                                                                   \
    "jobs FORCE INDEX (jobs_finished) WHERE type >= :type AND type <= :type AND "
inline constexpr Sql expired_job = {
    "SELECT :now, (SELECT expires_at FROM " ASYNCJOBS_MYSQL_FINISHED
    "expires_at >= :watermark AND expires_at <= :now" ASYNCJOBS_MYSQL_BY_RANGE
    " ORDER BY type, expires_at LIMIT 1)",
    "ii"};

inline constexpr Sql latest_runs = {
    "SELECT count(completed_at), :now, min(expires_at), sum(completed_at - started_at) FROM"
    " (SELECT completed_at, started_at, expires_at FROM " ASYNCJOBS_MYSQL_FINISHED
    "  expires_at >= :watermark AND expires_at < :until"
    "  ORDER BY type DESC, expires_at DESC LIMIT 50) AS latest",
    "iiii"};

#define ASYNCJOBS_MYSQL_PAST_TOMBSTONES                                                            \
    " FROM job_tombstones FORCE INDEX (job_tombstones_end)"                                        \
    " WHERE expires_at >= :watermark AND expires_at <= :now /*!80016 AND owner >= '' */"           \
    " ORDER BY expires_at LIMIT "
inline constexpr Sql past_tombstone = {
    "SELECT :now, (SELECT expires_at" ASYNCJOBS_MYSQL_PAST_TOMBSTONES "1)", "ii"};
/// Nested, since MySQL takes no limit right within IN.
inline constexpr Sql forget_tombstones = {"DELETE FROM job_tombstones WHERE id IN (SELECT id FROM"
                                          " (SELECT id" ASYNCJOBS_MYSQL_PAST_TOMBSTONES
                                          ":n) AS past)"};

#define ASYNCJOBS_MYSQL_TO_PURGE                                                                   \
    "status IN ('completed', 'failed', 'cancelled') AND dependents <> 1"
inline constexpr Sql find_to_purge = {
    ASYNCJOBS_MYSQL_LOCKED(
        ASYNCJOBS_PURGED_COLUMNS,
        "SELECT id AS due_id FROM " ASYNCJOBS_MYSQL_FINISHED
        "expires_at >= :watermark AND expires_at <= :now AND " ASYNCJOBS_MYSQL_TO_PURGE
        " ORDER BY type, expires_at LIMIT :n",
        ASYNCJOBS_MYSQL_TO_PURGE " AND expires_at <= :now") " FOR UPDATE SKIP LOCKED",
    purged_columns};

inline constexpr Sql remove_all = {"DELETE jobs FROM " ASYNCJOBS_IDS ASYNCJOBS_OF_BATCH};

/// The holder of the key is looked for in a table of its own: that which is changed may not be
/// read.
inline constexpr Sql restart = {
    "UPDATE jobs SET " ASYNCJOBS_STARTS_ANEW " AND NOT EXISTS (SELECT 1 FROM"
    " (SELECT live_key FROM jobs FORCE INDEX (jobs_unique_key)"
    "  WHERE live_key = (SELECT unique_key FROM jobs WHERE id = :id) LIMIT 1) AS holder)"};

#define ASYNCJOBS_MYSQL_LATEST_STEP "CAST(COALESCE(steps, '0') AS SIGNED)"
inline constexpr Sql add_step = {
    "INSERT INTO job_steps (job, name, number, result)"
    " SELECT id, :name, " ASYNCJOBS_MYSQL_LATEST_STEP
    " + 1, :result FROM jobs FORCE INDEX (PRIMARY)"
    " WHERE id = :id AND fence = :fence AND status = 'processing'"
    " AND NOT EXISTS (SELECT 1 FROM job_steps WHERE job = :id AND name = :name)"};
inline constexpr Sql append_to_step = {
    "UPDATE job_steps SET result = CONCAT(result, :piece) WHERE job = :id AND name = :name"};
inline constexpr Sql count_step = {
    "UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID " SET steps = " ASYNCJOBS_MYSQL_LATEST_STEP " + 1"
    " WHERE id = :id AND fence = :fence"
    " AND status = 'processing'" ASYNCJOBS_IS_LATER_THAN(ASYNCJOBS_MYSQL_LATEST_STEP)};

#define ASYNCJOBS_ROWS(column)                                                                     \
    "JSON_TABLE(:rows, '$[*]' COLUMNS (" ASYNCJOBS_COLUMN("id", "0") ", " ASYNCJOBS_COLUMN(        \
        column, "1") ", " ASYNCJOBS_COLUMN("text", "2") "))"
#define ASYNCJOBS_PARENTS_OF_BATCH                                                                 \
    " AS batch STRAIGHT_JOIN job_dependencies FORCE INDEX (PRIMARY) ON parent = new_id"
#define ASYNCJOBS_STEPS_OF_BATCH                                                                   \
    " AS batch STRAIGHT_JOIN job_steps FORCE INDEX (PRIMARY) ON job = new_id"
inline constexpr RowStatements over_rows = {
    .check = {"SELECT id, fence, cancel_requested_at FROM " ASYNCJOBS_ROWS("ignored")
                  ASYNCJOBS_OF_BATCH " WHERE status = 'processing'",
              "tii"},
    .any_finished =
        {"SELECT 1 FROM jobs FORCE INDEX (jobs_to_unblock) WHERE to_unblock = -1 LIMIT 1", "i"},
    .find_finished = {ASYNCJOBS_MYSQL_LOCKED(
                          "id, status",
                          "SELECT id AS due_id FROM jobs FORCE INDEX (jobs_to_unblock)"
                          " WHERE to_unblock = -1 ORDER BY id LIMIT :n",
                          "to_unblock = -1") " FOR UPDATE SKIP LOCKED",
                      "tt"},
    .lock = {"SELECT " ASYNCJOBS_LOCKED_COLUMNS " FROM " ASYNCJOBS_NOT_LOCKED(
                 ASYNCJOBS_ROWS("ignored")) ASYNCJOBS_OF_BATCH " FOR UPDATE",
             locked_columns},
    .mark = {"UPDATE " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_OF_BATCH
             " SET dependents = :dependents"},
    .connect = {"INSERT INTO job_dependencies (child, parent, is_open)"
                " SELECT new_id, new_parent, 1 FROM " ASYNCJOBS_ROWS("parent") " AS batch"},
    .block = {"UPDATE " ASYNCJOBS_ROWS("count") ASYNCJOBS_OF_BATCH " SET " ASYNCJOBS_BLOCKS},
    .tell = {"SELECT child, parent FROM " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_PARENTS_OF_BATCH
             " WHERE is_open = 1",
             "tt"},
    .close = {"UPDATE " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_PARENTS_OF_BATCH
              " SET is_open = 0 WHERE is_open = 1"},
    .count_down = {"UPDATE " ASYNCJOBS_ROWS("left") ASYNCJOBS_OF_BATCH
                   " SET " ASYNCJOBS_COUNTS_DOWN},
    .stopped = {"SELECT id, parent FROM " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_PARENTS_OF_BATCH
                " STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON id = child"
                " WHERE is_open = 1 AND status = 'pending' AND " ASYNCJOBS_CAN_BE_STOPPED
                " LIMIT :n",
                "tt"},
    .stop = {"UPDATE " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_OF_BATCH " SET " ASYNCJOBS_STOPS},
    .disconnect = {"DELETE job_dependencies FROM " ASYNCJOBS_ROWS(
        "ignored") " AS batch STRAIGHT_JOIN job_dependencies FORCE INDEX (job_dependencies_of)"
                   " ON child = new_id"},
    .remove = remove_all,
    .steps = {"SELECT " ASYNCJOBS_STEP_COLUMNS " FROM " ASYNCJOBS_ROWS("ignored")
                  ASYNCJOBS_STEPS_OF_BATCH,
              step_columns},
    .forget_steps = {"DELETE job_steps FROM " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_STEPS_OF_BATCH},
    .write_tombstone = {"REPLACE INTO job_tombstones (id, owner, expires_at)"
                        " SELECT new_id, new_text, new_time FROM " ASYNCJOBS_ROWS(
                            "time") " AS batch"},
};

inline constexpr Sql to_advance = {
    "SELECT :now, (SELECT to_unblock FROM jobs FORCE INDEX (jobs_to_unblock)"
    " WHERE to_unblock >= GREATEST(:watermark, 0) AND to_unblock <= :now" ASYNCJOBS_MYSQL_BY_RANGE
    " ORDER BY to_unblock LIMIT 1)",
    "ii"};
inline constexpr Sql find_to_advance = {
    ASYNCJOBS_MYSQL_LOCKED("id, queue, run_at - priority * :step",
                           "SELECT id AS due_id FROM jobs FORCE INDEX (jobs_to_unblock)"
                           " WHERE to_unblock >= GREATEST(:watermark, 0) AND to_unblock <= "
                           ":now" ASYNCJOBS_MYSQL_BY_RANGE " ORDER BY to_unblock LIMIT :n",
                           "to_unblock >= 0 AND to_unblock <= :now") " FOR UPDATE SKIP LOCKED",
    "tti"};
inline constexpr Sql advance = {"UPDATE " ASYNCJOBS_MYSQL_JOBS_BY_ID
                                " SET " ASYNCJOBS_ADVANCES(":step") " WHERE id IN (:these)"};

#define ASYNCJOBS_LINES_OF_BATCH(table)                                                            \
    " AS batch STRAIGHT_JOIN " table " FORCE INDEX (PRIMARY) ON line = new_id"
#define ASYNCJOBS_WAITING_OF_BATCH                                                                 \
    " AS batch STRAIGHT_JOIN job_waiting FORCE INDEX (PRIMARY) ON job = new_id"
/// rows: queues. Changes what LimitStatements::lock has locked.
inline constexpr Sql mark_limits = {
    "UPDATE job_limits SET updated_at = updated_at + 1 WHERE queue = '' OR queue IN"
    " (SELECT new_id FROM " ASYNCJOBS_ROWS("ignored") " AS batch)"};

inline constexpr LimitStatements limits = {
    .lock = {ASYNCJOBS_LOCKS_LIMITS " (SELECT new_id FROM " ASYNCJOBS_ROWS(
                 "ignored") " AS batch) ORDER BY name FOR UPDATE",
             limit_columns},
    .look = {"SELECT " ASYNCJOBS_DUE_COLUMNS " FROM " ASYNCJOBS_ROWS("ignored") ASYNCJOBS_OF_BATCH,
             limited_due_columns},
    .lines = {"SELECT line, next_at, due_at FROM " ASYNCJOBS_ROWS("ignored")
                  ASYNCJOBS_LINES_OF_BATCH("job_lines"),
              "tii"},
    .any_waiting = {"SELECT new_id FROM " ASYNCJOBS_ROWS(
                        "ignored") " AS batch"
                                   " WHERE EXISTS (SELECT 1 FROM job_waiting WHERE line = new_id)",
                    "t"},
    // As a join with the queues, the whole line would be sorted for its first.
    .to_call =
        {ASYNCJOBS_TO_CALL
         " FORCE INDEX (job_waiting_in_line)"
         " WHERE (SELECT 1 FROM " ASYNCJOBS_ROWS(
             "ignored") " AS batch WHERE new_id = queue LIMIT 1) = 1" ASYNCJOBS_FIRST_OF_LINE,
         "ttitii"},
    .waits = {"SELECT " ASYNCJOBS_WAITS " FROM " ASYNCJOBS_ROWS("ignored")
                  ASYNCJOBS_WAITING_OF_BATCH,
              "ttiti"},
    .wait = {"INSERT INTO job_waiting " ASYNCJOBS_WAITING_COLUMNS " SELECT " ASYNCJOBS_WAITING_ROW(
        "60000000") " FROM " ASYNCJOBS_ROWS("line") ASYNCJOBS_OF_BATCH},
    .move = {"UPDATE " ASYNCJOBS_ROWS("line") ASYNCJOBS_WAITING_OF_BATCH
             " SET line = new_line, told = new_text"},
    .stop_waiting = {"DELETE job_waiting FROM " ASYNCJOBS_ROWS("ignored")
                         ASYNCJOBS_WAITING_OF_BATCH},
    .place = {"INSERT INTO job_places (line, job, fence, called_at)"
              " SELECT new_text, new_id, new_fence, IF(new_fence = '0', new_now, NULL)"
              " FROM " ASYNCJOBS_ROWS("fence") " AS batch JOIN (SELECT :now AS new_now) AS clock"},
    .leave = {"DELETE job_places FROM " ASYNCJOBS_ROWS(
        "ignored") " AS batch STRAIGHT_JOIN job_places FORCE INDEX (PRIMARY)"
                   " ON line = new_text AND job = new_id"},
    .queue_at = {"UPDATE " ASYNCJOBS_ROWS("run_at") ASYNCJOBS_OF_BATCH
                 " SET " ASYNCJOBS_IS_QUEUED_AT
                 " WHERE revision = new_text AND status = 'pending'"},
    .keep_line = {"REPLACE INTO job_lines (line, next_at, due_at, updated_at)"
                  " SELECT new_id, new_next_at, new_text, new_now"
                  " FROM " ASYNCJOBS_ROWS(
                      "next_at") " AS batch JOIN (SELECT :now AS new_now) AS clock"},
};

/// What `take` will take; locked.
inline constexpr Sql to_take = {
    "SELECT " ASYNCJOBS_CLAIMED_COLUMNS_AT(":now") " FROM " ASYNCJOBS_NOT_LOCKED(
        ASYNCJOBS_ROWS("revision")) ASYNCJOBS_OF_BATCH
    " WHERE revision = new_revision AND status = 'pending' FOR UPDATE",
    claimed_columns};

/// As find_due, for a claim under limits.
inline constexpr Sql find_limited = {ASYNCJOBS_MYSQL_LOCKED_DUE(ASYNCJOBS_DUE_COLUMNS),
                                     limited_due_columns};

inline constexpr Sql set_paused = {
    "INSERT INTO job_queues (name, paused, updated_at) VALUES (:queue, :paused, :now)"
    " ON DUPLICATE KEY UPDATE paused = :paused, updated_at = :now"};

inline constexpr Sql version = {"SELECT VERSION()", "t"};
inline constexpr Sql clustering = {"SHOW SESSION VARIABLES LIKE 'wsrep_on'", "tt"};
inline constexpr Sql max_packet = {"SELECT @@max_allowed_packet", "i"};
/// The bytes of a text as the server sees them, and the text.
inline constexpr Sql echo = {"SELECT HEX(new_id), new_id FROM " ASYNCJOBS_IDS " AS batch", "tt"};
inline constexpr Sql other_encodings = {
    "SELECT table_name, column_name, character_set_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND character_set_name <> 'utf8mb4' AND table_name IN"
    " ('asyncjobs_schema', 'jobs', 'job_queues', 'job_dependencies', 'job_limits', 'job_lines',"
    "  'job_places', 'job_waiting', 'job_tombstones', 'job_steps') LIMIT 1",
    "ttt"};

inline constexpr Sql record_version = {
    "INSERT INTO asyncjobs_schema (version, applied_at) VALUES (:version, :now)"};

/// One process at a time changes the tables of this name. 1: it is this one.
#define ASYNCJOBS_SCHEMA_LOCK                                                                      \
    "CONCAT('asyncjobs.', LEFT(SHA2(CONCAT(DATABASE(), '.asyncjobs_schema'), 256), 40))"
inline constexpr Sql lock_schema = {"SELECT GET_LOCK(" ASYNCJOBS_SCHEMA_LOCK ", :seconds)", "i"};
inline constexpr Sql unlock_schema = {"SELECT RELEASE_LOCK(" ASYNCJOBS_SCHEMA_LOCK ")", "i"};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
