#pragma once

#include "mysql/slots.hpp"
#include "statements/sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

/// The time of a call, which the server keeps: see OtherStatements::keep_time. It stands where a
/// statement's `:now` is absent.
inline constexpr std::string_view kept_time = "@asyncjobs_now";

static_assert(slot_width == Duration{262'144});

/// MySQL's and MariaDB's words in statements.
///
/// A batch is one JSON text that JSON_TABLE takes apart. Its columns are all `longtext`, as others
/// cut texts and make 0 of bad numbers; have a character set, as otherwise they take the
/// database's; and have names that no column of jobs has. STRAIGHT_JOIN and FORCE INDEX keep the
/// planner from scanning jobs, which would also lock what it passes.
///
/// Not used, as MySQL 8.0 to 9 or MariaDB 10.6 to 12 lacks it: SHA1() and MD5(), FOR UPDATE OF,
/// RETURNING, JSON functions of binary strings.
inline constexpr Fragment fragments[] = {

    {"kept_time", kept_time},
    {"clock", "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"},
    {"step", "60000000"},
    {"step_parameter", ":step"},
    {"latest_step", "CAST(COALESCE(steps, '0') AS SIGNED)"},

    // Batches

    {"column", "new_{1} longtext CHARACTER SET utf8mb4 PATH {2}"},
    {"ids", "JSON_TABLE(:ids, '$[*]' COLUMNS ({column id '$[0]'}))"},
    {"keys", "JSON_TABLE(:keys, '$[*]' COLUMNS ({column key '$[0]'}))"},
    {"rows", R"sql(
        JSON_TABLE(:rows, '$[*]' COLUMNS ({column id '$[0]'},
                                          {column {1} '$[1]'},
                                          {column text '$[2]'})))sql"},
    // For a SELECT that locks: MySQL 9 refuses to lock a JSON_TABLE itself (error 3569).
    {"unlocked_ids", "(SELECT * FROM {ids} AS unlocked)"},
    {"unlocked_keys", "(SELECT * FROM {keys} AS unlocked)"},
    {"unlocked_rows", "(SELECT * FROM {rows {1}} AS unlocked)"},
    {"with_jobs", "AS batch STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON id = new_id"},
    {"with_parents",
     "AS batch STRAIGHT_JOIN job_dependencies FORCE INDEX (PRIMARY) ON parent = new_id"},
    {"with_steps", "AS batch STRAIGHT_JOIN job_steps FORCE INDEX (PRIMARY) ON job = new_id"},
    {"with_waiting", "AS batch STRAIGHT_JOIN job_waiting FORCE INDEX (PRIMARY) ON job = new_id"},

    // Changes of many jobs are of one table: a join with JSON_TABLE would write them to a temporary
    // table first, on disk where a text is among them. `:these` are literals of ids, and a value
    // that is not the same for all of them is an expression of `id`: see by_id(). SET goes from
    // left to right, and sees what it has set before.
    {"jobs_by_id", "jobs FORCE INDEX (PRIMARY)"},
    {"are_these", "id IN (:these)"},
    {"are_held", "id IN (:these) AND fence = :fence AND status = 'processing'"},

    // Settlements. `becomes` is the status that the worker wants. A job that is put back
    // (`pending`) although its cancellation was requested is cancelled instead.
    {"is_put_back", "(:becomes = 'pending' AND cancel_requested_at IS NULL)"},
    {"is_cancelled",
     "(:becomes = 'cancelled' OR :becomes = 'pending' AND cancel_requested_at IS NOT NULL)"},
    {"is_given_back", "({is_put_back} AND :delay = 0 AND :refund = 1)"},
    {"are_settled", "{are_held} AND (:becomes <> 'cancelled' OR cancel_requested_at IS NOT NULL)"},

    // attempt_errors with that of the current attempt: see attempt_entry().
    {"errors_with_entry", R"sql(
        CONCAT(COALESCE(CONCAT(LEFT(attempt_errors, CHAR_LENGTH(attempt_errors) - 1), ','), '['),
               '{"attempt":', attempt, ',"at":', :now,
               ',"worker":', JSON_QUOTE(CONVERT(worker USING utf8mb4)), ',', :entry, '}]'))sql"},

    {"error_head", R"sql(
        CASE instr(error, ',"details":') WHEN 0 THEN error
             ELSE CONCAT(LEFT(error, instr(error, ',"details":')), '"details":null}') END)sql"},

    {"bucket_it_waits_in", R"sql(
        (SELECT NULLIF(bucket, '') FROM job_waiting FORCE INDEX (PRIMARY)
          WHERE job = id AND job_revision = revision AND job_created_at = created_at))sql"},

    {"rescued_is_over", "({is_quarantined} OR cancel_requested_at IS NOT NULL)"},

    {"holds_unique_key", "live_key = :unique_key"},

    // Texts are compared byte for byte; their collation ignores blanks at the end.
    {"is_news", R"sql(
        (:percent > progress
         OR :percent = progress AND CAST(:message AS BINARY) <> CAST(message AS BINARY)))sql"},

    // Due jobs

    // A condition on a column that no index has: where statistics count hardly a job, MySQL scans
    // an index that has all columns of a statement, although it may keep the entries of millions of
    // removed rows. MariaDB does not, and takes this for a comment.
    {"by_range", "/*!80016 AND revision >= 0 */"},

    // By the index jobs_due: `:slots` is a condition for due_slot, which is null where a job does
    // not wait. A range for the queue, and a sum for the time, leave no other plan than to look up
    // the slots: a planner whose statistics count no job of the queue would scan all of it.
    {"jobs_of_queue", "jobs FORCE INDEX (jobs_due) WHERE queue >= :queue AND queue <= :queue"},
    {"is_served", "NOT EXISTS (SELECT 1 FROM job_queues WHERE name = :queue AND paused = 1)"},
    {"due_ids", R"sql(
        SELECT id AS due_id FROM {jobs_of_queue}
           AND :slots AND run_at + 0 >= :from AND run_at + 0 < :to AND run_at + 0 <= :now {by_range}
           AND {is_served}
         ORDER BY queue, due_slot, run_at, id LIMIT :some)sql"},

    // Locks by primary key the jobs of which a SELECT that does not lock has found `due_id`. One
    // that locks takes two pages or more for each entry of a removed row.
    {"with_jobs_found", "AS found STRAIGHT_JOIN jobs FORCE INDEX (PRIMARY) ON id = due_id"},
    {"lock_first_due", R"sql(
        FROM ({due_ids}) {with_jobs_found}
         WHERE status = 'pending' AND queue = :queue AND run_at <= :now
         LIMIT :n FOR UPDATE SKIP LOCKED)sql"},

    // `used` is what shared::sql.used_fence returned once the jobs were locked.
    {"next_fence", "GREATEST(fence, :used) + 1"},

    // Retention

    // Of a type; a range for it, too, for the reason that the queue has one.
    {"finished_jobs", "jobs FORCE INDEX (jobs_finished) WHERE type >= :type AND type <= :type"},
    {"can_be_purged", "status IN ('completed', 'failed', 'cancelled') AND dependents <> 1"},
    {"past_tombstones", R"sql(
        FROM job_tombstones FORCE INDEX (job_tombstones_end)
         WHERE expires_at >= :watermark AND expires_at <= :now /*!80016 AND owner >= '' */
         ORDER BY expires_at)sql"},

    // One process at a time changes the tables of this name.
    {"schema_lock",
     "CONCAT('asyncjobs.', LEFT(SHA2(CONCAT(DATABASE(), '.asyncjobs_schema'), 256), 40))"},

    // See FleetStatements.
    {"added", "{1} = {1} + CAST(new_{1} AS SIGNED)"},
    {"tallies", R"sql(
        JSON_TABLE(:rows, '$[*]' COLUMNS (
        {column period '$[0]'}, {column start '$[1]'}, {column queue '$[2]'},
        {column type '$[3]'}, {column outcome '$[4]'}, {column error_code '$[5]'},
        {column total '$[6]'}, {column w0 '$[7]'}, {column w1 '$[8]'}, {column w2 '$[9]'},
        {column w3 '$[10]'}, {column w4 '$[11]'}, {column w5 '$[12]'}, {column w6 '$[13]'},
        {column w7 '$[14]'}, {column w8 '$[15]'}, {column w9 '$[16]'}, {column w10 '$[17]'},
        {column w11 '$[18]'}, {column w12 '$[19]'}, {column w13 '$[20]'},
        {column waited '$[21]'}, {column r0 '$[22]'}, {column r1 '$[23]'}, {column r2 '$[24]'},
        {column r3 '$[25]'}, {column r4 '$[26]'}, {column r5 '$[27]'}, {column r6 '$[28]'},
        {column r7 '$[29]'}, {column r8 '$[30]'}, {column r9 '$[31]'}, {column r10 '$[32]'},
        {column r11 '$[33]'}, {column r12 '$[34]'}, {column r13 '$[35]'}, {column ran '$[36]'})))sql"},
    {"new_tally", R"sql(
        new_period, new_start, new_queue, new_type, new_outcome, new_error_code, new_total,
        new_w0, new_w1, new_w2, new_w3, new_w4, new_w5, new_w6, new_w7, new_w8, new_w9, new_w10,
        new_w11, new_w12, new_w13, new_waited, new_r0, new_r1, new_r2, new_r3, new_r4, new_r5,
        new_r6, new_r7, new_r8, new_r9, new_r10, new_r11, new_r12, new_r13, new_ran)sql"},
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
