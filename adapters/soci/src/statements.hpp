#pragma once

#include "row_statements.hpp"
#include "sql.hpp"

#include <asyncjobs/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The statements that every dialect understands as they are.
namespace statements {

// A job is looked up by its id alone; nullif() keeps PostgreSQL from reading the index of all jobs
// of a status instead.

inline constexpr Sql commit = {"COMMIT"};
inline constexpr Sql rollback = {"ROLLBACK"};

/// Null where no migration was applied to the end.
inline constexpr Sql schema_version = {"SELECT max(version) FROM asyncjobs_schema", "i"};

inline constexpr Sql created_at = {"SELECT created_at FROM jobs WHERE id = :id", "i"};

/// Who has an idempotency key.
inline constexpr Sql first_of_key = {
    "SELECT id, created_at FROM jobs WHERE idempotency_key = :idempotency_key", "ti"};

/// Who holds a unique key.
inline constexpr Sql key_holder = {
    "SELECT id, created_at FROM jobs"
    " WHERE unique_key = :unique_key AND status IN ('pending', 'processing')",
    "ti"};

/// In how long the queue's next pending job is due: no row for an empty or a paused queue.
inline constexpr Sql next_due_in = {
    "SELECT run_at - :now FROM jobs"
    " WHERE status = 'pending' AND queue = :queue"
    " AND coalesce((SELECT paused FROM job_queues WHERE name = :queue), 0) = 0"
    " ORDER BY run_at, id LIMIT 1",
    "i"};

/// No lease of a living job ends before `watermark`, nor before now if the clock was set back
/// since.
#define ASYNCJOBS_FROM_WATERMARK_OR_NOW "CASE WHEN :watermark < :now THEN :watermark ELSE :now END"
inline constexpr Sql held = {"SELECT " ASYNCJOBS_CLAIMED_COLUMNS " FROM jobs"
                             " WHERE status = 'processing' AND worker = :worker"
                             " AND lease_expires_at >= " ASYNCJOBS_FROM_WATERMARK_OR_NOW,
                             claimed_columns};

/// The time, and when the first of the leases that ran out did: see SweepWatermarks.
inline constexpr Sql expired_lease = {
    "SELECT :now, (SELECT lease_expires_at FROM jobs WHERE status = 'processing'"
    "  AND lease_expires_at >= :watermark AND lease_expires_at <= :now"
    "  ORDER BY lease_expires_at LIMIT 1)",
    "ii"};

/// The time, and when the first of those was due that have yet to get their head start.
inline constexpr Sql to_advance = {
    "SELECT :now, (SELECT run_at FROM jobs WHERE " ASYNCJOBS_TO_ADVANCE " ORDER BY run_at LIMIT 1)",
    "ii"};

/// The type of finished jobs that comes after another.
inline constexpr Sql next_type = {
    "SELECT type FROM jobs WHERE type > :after AND expires_at IS NOT NULL ORDER BY type LIMIT 1",
    "t"};

/// The time, and when the first of a type's finished jobs that shall go by now was to go.
inline constexpr Sql expired_job = {
    "SELECT :now, (SELECT expires_at FROM jobs WHERE type = :type"
    "  AND expires_at >= :watermark AND expires_at <= :now ORDER BY expires_at LIMIT 1)",
    "ii"};

inline constexpr Sql cancel_pending = {
    "UPDATE jobs SET status = 'cancelled', cancelled_at = :now, expires_at = :now + retention,"
    " cancel_reason = :reason, blocked_by = 0, updated_at = :now, revision = revision + 1"
    " WHERE id = :id AND nullif(status, '') = 'pending'"};

inline constexpr Sql request_cancel = {
    "UPDATE jobs SET cancel_requested_at = :now, cancel_reason = :reason, updated_at = :now,"
    " revision = revision + 1"
    " WHERE id = :id AND nullif(status, '') = 'processing' AND cancel_requested_at IS NULL"};

/// Whatever its worker does.
inline constexpr Sql cancel_processing = {
    "UPDATE jobs SET status = 'cancelled', cancelled_at = :now, expires_at = :now + retention,"
    " cancel_requested_at = coalesce(cancel_requested_at, :now), cancel_reason = :reason,"
    " lease_expires_at = NULL, updated_at = :now, revision = revision + 1"
    " WHERE id = :id AND nullif(status, '') = 'processing'"};

/// As `run_at` is given: of a blocked job, its own time is in not_before.
#define ASYNCJOBS_REPLACE(run_at)                                                                  \
    "UPDATE jobs SET input = :input, run_at = CASE blocked_by WHEN 0 THEN " run_at                 \
    " ELSE run_at END, not_before = CASE blocked_by WHEN 0 THEN NULL ELSE " run_at " END,"         \
    " updated_at = :now, revision = revision + 1 WHERE id = :id AND nullif(status, '') = "         \
    "'pending'"
inline constexpr Sql replace = {ASYNCJOBS_REPLACE(":run_at")};

/// See job_steps.hpp. A step that comes again is there already.
#define ASYNCJOBS_LATEST_STEP "CAST(coalesce(steps, '0') AS bigint)"
#define ASYNCJOBS_IS_LEASED                                                                        \
    " WHERE id = :id AND fence = :fence AND nullif(status, '') = 'processing'"
inline constexpr Sql add_step = {"INSERT INTO job_steps (job, name, number, result)"
                                 " SELECT id, :name, " ASYNCJOBS_LATEST_STEP
                                 " + 1, :result FROM jobs" ASYNCJOBS_IS_LEASED
                                 " ON CONFLICT DO NOTHING"};
/// After that: makes it the job's latest, unless it came again.
#define ASYNCJOBS_IS_LATER_THAN(latest)                                                            \
    " AND EXISTS (SELECT 1 FROM job_steps WHERE job = :id AND name = :name AND number > " latest ")"
inline constexpr Sql count_step = {
    "UPDATE jobs SET steps = CAST(" ASYNCJOBS_LATEST_STEP
    " + 1 AS text)" ASYNCJOBS_IS_LEASED ASYNCJOBS_IS_LATER_THAN(ASYNCJOBS_LATEST_STEP)};

/// The highest fence of a job that is gone: see raise_fences(). A claim gives a higher one, so that
/// no fence is given twice for an id that is submitted again. Not the submit: one that waits for
/// the removal of its id to commit does not see what the removal writes, but whoever sees the new
/// job does.
#define ASYNCJOBS_USED_FENCE "SELECT used FROM job_fences WHERE id = 1"
#define ASYNCJOBS_NEXT_FENCE(greatest) greatest "(fence, (" ASYNCJOBS_USED_FENCE ")) + 1"
inline constexpr Sql used_fence = {ASYNCJOBS_USED_FENCE, "i"};
inline constexpr Sql use_fence = {
    "UPDATE job_fences SET used = :fence WHERE id = 1 AND used < :fence"};
inline constexpr Sql fence = {"SELECT fence FROM jobs WHERE id = :id", "i"};

inline constexpr Sql remove = {"DELETE FROM jobs WHERE id = :id"};

/// How many, at most `count_limit`, the time, and the first of them: see CountWatermarks. What
/// waits is counted up to the time, other things up to `until`.
inline constexpr Sql count_waiting = {
    "SELECT count(*), :now, min(run_at) FROM (SELECT run_at FROM jobs"
    " WHERE status = 'pending' AND queue = :queue AND run_at >= :watermark AND run_at <= :now"
    " ORDER BY run_at LIMIT :count_limit) AS found",
    "iii"};

inline constexpr Sql count_processing = {
    "SELECT count(*), :now, min(lease_expires_at) FROM (SELECT lease_expires_at FROM jobs"
    " WHERE status = 'processing' AND queue = :queue AND lease_expires_at >= :watermark"
    " AND lease_expires_at < :until ORDER BY lease_expires_at LIMIT :count_limit) AS found",
    "iii"};

/// Of the type's latest runs: the number of those that completed, the time, the first of them, and
/// what they took together. Where jobs are kept for the same time, those that go last have finished
/// last.
inline constexpr Sql latest_runs = {
    "SELECT count(completed_at), :now, min(expires_at), sum(completed_at - started_at) FROM"
    " (SELECT completed_at, started_at, expires_at FROM jobs"
    "  WHERE type = :type AND expires_at >= :watermark AND expires_at < :until"
    "  ORDER BY expires_at DESC LIMIT 50) AS latest",
    "iiii"};

inline constexpr Sql paused = {"SELECT paused FROM job_queues WHERE name = :queue", "i"};

inline constexpr Sql set_paused = {
    "INSERT INTO job_queues (name, paused, updated_at) VALUES (:queue, :paused, :now)"
    " ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, updated_at = excluded.updated_at"};

inline constexpr Sql lock = {"SELECT status FROM jobs WHERE id = :id FOR UPDATE", "t"};

inline constexpr Sql tombstone_owner = {
    "SELECT owner FROM job_tombstones WHERE id = :id AND expires_at + 0 > :now", "t"};
/// As expired_job.
inline constexpr Sql past_tombstone = {
    "SELECT :now, (SELECT expires_at FROM job_tombstones"
    "  WHERE expires_at >= :watermark AND expires_at <= :now ORDER BY expires_at LIMIT 1)",
    "ii"};
#define ASYNCJOBS_PAST_TOMBSTONES                                                                  \
    "SELECT id FROM job_tombstones WHERE expires_at >= :watermark AND expires_at <= :now"          \
    " ORDER BY expires_at LIMIT :n"
inline constexpr Sql forget_tombstones = {
    "DELETE FROM job_tombstones WHERE id IN (" ASYNCJOBS_PAST_TOMBSTONES ")"};

/// Of the jobs that wait for a limit, up to `last`, those that do so no more.
#define ASYNCJOBS_IS_NOT_WAITING                                                                   \
    " AND coalesce(" ASYNCJOBS_REVISION_THAT_WAITS ", -1) <> job_revision"
inline constexpr Sql forget_waiting = {
    "DELETE FROM job_waiting WHERE job > :after AND job <= :last" ASYNCJOBS_IS_NOT_WAITING};

} // namespace statements

#define ASYNCJOBS_STARTS_ANEW                                                                      \
    "status = 'pending', run_at = :now, attempt = 0, crashes = 0, lost_ahead = 0, progress = 0, "  \
    "message = '',"                                                                                \
    " error = NULL, attempt_errors = NULL, cancel_requested_at = NULL, failed_at = NULL, "         \
    "cancelled_at = NULL, cancel_reason = NULL, deadline = NULL, not_before = NULL,"               \
    " expires_at = NULL, updated_at = :now, revision = revision + 1"                               \
    " WHERE id = :id AND status IN ('failed', 'cancelled')"

/// What SqlJobStore runs in a dialect's own words.
struct OwnStatements {
    Sql find;           ///< by ids; answers what read_job() reads
    Sql find_summaries; ///< likewise; what read_summary() reads
    Sql restart;        ///< changes no row if a live job holds the unique key
    Sql rescue = {};    ///< of a dialect that needs no more than one statement for it
    Sql purge = {};     ///< likewise; answers what PurgedJobs reads
    Sql advance = {};   ///< likewise
    Sql lock = statements::lock;
    Sql set_paused = statements::set_paused;
    Sql held = statements::held;
    Sql next_type = statements::next_type; ///< may name one of which no job has finished
    Sql expired_job = statements::expired_job;
    Sql expired_lease = statements::expired_lease;
    Sql to_advance = statements::to_advance;
    Sql count_waiting = statements::count_waiting;
    Sql count_processing = statements::count_processing;
    Sql latest_runs = statements::latest_runs;
    Sql past_tombstone = statements::past_tombstone;
    Sql forget_tombstones = statements::forget_tombstones;
    Sql forget_waiting = statements::forget_waiting;
};

/// What makes a planner read a page of jobs off an index in its order, instead of sorting.
struct PageWords {
    std::string_view jobs = "jobs"; ///< the table, with a hint
    /// Keeps an index of the column that follows from being used.
    std::string_view unindexed = {};
    std::string_view status = "status";  ///< where no index shall be used that knows it
    std::string_view stopped = "status"; ///< the indexed column that says `failed` or `cancelled`
    /// Of the jobs that `:needed_by` waits for.
    std::string_view is_parent =
        "id IN (SELECT parent FROM job_dependencies WHERE child = :needed_by)";
    /// The column `error` without the details, which are the last of its members.
    std::string_view error_head = "CASE instr(error, ',\"details\":') WHEN 0 THEN error ELSE"
                                  " substr(error, 1, instr(error, ',\"details\":'))"
                                  " || '\"details\":null}' END";
};

/// Newest first. The parameters are those members of `query` that are set, but its status, and the
/// limit.
std::string list_statement(const JobQuery& query, const PageWords& words);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
