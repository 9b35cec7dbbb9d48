#pragma once

#include "mysql/fragments.hpp"
#include "statements/columns.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

inline constexpr Column first_of_key[] = {
    {"idempotency_key", columns::text}, {"id", columns::text}, {"created_at", columns::number}};
inline constexpr Column key_holder[] = {
    {"live_key", columns::text}, {"id", columns::text}, {"created_at", columns::number}};
inline constexpr Column settled[] = {
    {"id", columns::text},
    {"status", columns::text, "IF({is_cancelled}, 'cancelled', :becomes)"},
    {"dependents", columns::number},
    {"queue", columns::text},
    {"stood_at", columns::number, "{stood_at}"}};
inline constexpr Column expired[] = {
    {"id", columns::text},
    {"queue", columns::text},
    {"status", columns::text,
     "IF({is_quarantined}, 'failed', IF(cancel_requested_at IS NULL, 'pending', 'cancelled'))"},
    {"stood_at", columns::number, "IF(claimed_ahead = 1, {stood_at}, NULL)"}};
inline constexpr Column to_advance[] = {
    {"id", columns::text},
    {"queue", columns::text},
    {"run_at", columns::number, "run_at - priority * {step_parameter}"}};

struct SubmitStatements {
    Sql insert = {"insert", R"sql(
        INSERT INTO jobs
               (id, type, queue, owner, status, priority, max_attempts, unique_key,
                idempotency_key, limit_key, timeout, retention, keep_failed, created_at, updated_at,
                run_at, not_before, deadline, input, metadata, dependents)
        SELECT new_id, new_type, new_queue, new_owner, 'pending', new_priority, new_max_attempts,
               new_unique_key, new_idempotency_key, new_limit_key, new_timeout, new_retention,
               new_keep_failed, :now, :now, new_run_at, new_not_before, new_deadline, new_input, new_metadata,
               new_dependents
          FROM JSON_TABLE(:rows, '$[*]' COLUMNS (
                   {column id '$[0]'}, {column type '$[1]'}, {column queue '$[2]'},
                   {column owner '$[3]'}, {column priority '$[4]'}, {column max_attempts '$[5]'},
                   {column unique_key '$[6]'}, {column idempotency_key '$[7]'},
                   {column limit_key '$[8]'}, {column timeout '$[9]'},
                   {column retention '$[10]'}, {column keep_failed '$[11]'},
                   {column run_at '$[12]'}, {column not_before '$[13]'},
                   {column deadline '$[14]'}, {column input '$[15]'},
                   {column metadata '$[16]'}, {column dependents '$[17]'})) AS batch
    )sql"};

    // The rest of a text that was too long for its batch.

    Sql append_to_input = {"append_to_input",
                           "UPDATE jobs SET input = CONCAT(input, :piece) WHERE id = :id"};
    Sql append_to_result = {"append_to_result",
                            "UPDATE jobs SET result = CONCAT(result, :piece) WHERE id = :id"};
    Sql append_to_error = {"append_to_error",
                           "UPDATE jobs SET error = CONCAT(error, :piece) WHERE id = :id"};
    Sql append_to_step = {"append_to_step", R"sql(
        UPDATE job_steps SET result = CONCAT(result, :piece) WHERE job = :id AND name = :name
    )sql"};

    Sql taken_ids = {"taken_ids", "SELECT {columns} FROM {unlocked_ids} {with_jobs}",
                     columns::id_and_created_at};

    Sql firsts_of_keys = {"firsts_of_keys", R"sql(
        SELECT {columns} FROM {unlocked_keys} AS batch
               STRAIGHT_JOIN jobs FORCE INDEX (jobs_idempotency_key) ON idempotency_key = new_key
    )sql",
                          first_of_key};
    Sql key_holders = {"key_holders", R"sql(
        SELECT {columns} FROM {unlocked_keys} AS batch
               STRAIGHT_JOIN jobs FORCE INDEX (jobs_unique_key) ON live_key = new_key
    )sql",
                       key_holder};
};

struct SettleStatements {
    /// Returns those that will be settled, and as what; they stay as they are until the transaction
    /// ends.
    Sql lock_settled = {"lock_settled", R"sql(
        SELECT {columns} FROM {jobs_by_id} WHERE {are_settled} FOR UPDATE
    )sql",
                        settled};

    /// A percentage of -1: none was reported. A job that is not put back keeps its times; one that
    /// keeps no place in its queue has `run_at` alone.
    Sql settle = {"settle", R"sql(
        UPDATE {jobs_by_id}
           SET status = IF({is_cancelled}, 'cancelled', :becomes),
               message = IF(:percent >= progress, :message, message),
               progress = IF(:becomes = 'completed', 100, GREATEST(progress, :percent)),
               result = :result,
               error = IF(:becomes = 'completed', NULL, COALESCE(:error, error)),
               attempt_errors = IF(:entry IS NULL, attempt_errors, {errors_with_entry}),
               completed_at = IF(:becomes = 'completed', :now, NULL),
               failed_at = IF(:becomes = 'failed', :now, NULL),
               cancelled_at = IF({is_cancelled}, :now, NULL),
               expires_at = IF({is_put_back}, NULL,
                               :now + IF(:becomes = 'failed', COALESCE(keep_failed, retention),
                                         retention)),
               not_before = IF(NOT {is_put_back}, not_before,
                               IF({is_given_back}, COALESCE(not_before, run_at), NULL)),
               run_at = IF(NOT {is_put_back}, run_at,
                           IF({is_given_back}, LEAST({stood_at}, :now), :now + :delay)),
               not_before = IF(NOT {is_put_back}, not_before, NULLIF(not_before, run_at)),
               attempt = GREATEST(attempt - :refund, 0), lease_expires_at = NULL,
               updated_at = :now, revision = revision + 1
         WHERE {are_settled}
    )sql"};
};

struct LeaseStatements {
    /// The first `:n` of the first `:some` that no other transaction has locked: see
    /// ClaimWatermarks.
    Sql find_due = {"find_due", "SELECT {columns} {lock_first_due}", columns::due_now};

    /// As find_due, for a claim under limits.
    Sql find_limited = {"find_limited", "SELECT {columns} {lock_first_due}", columns::limited_due};

    /// How many there are, up to `:some`, locked or not.
    Sql count_due = {"count_due", "SELECT count(*) FROM ({due_ids}) AS found", columns::one_number};

    /// Of those that are not due yet.
    Sql next_due_in = {"next_due_in", R"sql(
        SELECT run_at - :now
          FROM (SELECT run_at FROM {jobs_of_queue}
                   AND due_slot >= :now DIV 262144 AND run_at > :now {by_range} AND {is_served}
                 ORDER BY queue, due_slot, run_at, id LIMIT 1) AS found
    )sql",
                       columns::one_number};

    Sql take = {"take", R"sql(
        UPDATE {jobs_by_id}
           SET status = 'processing', attempt = attempt + 1, fence = {next_fence},
               revision = revision + 1, progress = 0, message = '', worker = :worker,
               started_at = :now, updated_at = :now, lease_expires_at = :now + :lease_for,
               lease_for = :lease_for, claimed_ahead = :ahead
         WHERE id IN (:these)
    )sql"};

    /// Rows: job, revision. What `take` will take; locked.
    Sql to_take = {"to_take", R"sql(
        SELECT {columns} FROM {unlocked_rows revision} {with_jobs}
         WHERE revision = new_revision AND status = 'pending' FOR UPDATE
    )sql",
                   columns::claimed_now};

    Sql lock_held = {"lock_held", R"sql(
        SELECT {columns} FROM {jobs_by_id} WHERE {are_held} FOR UPDATE
    )sql",
                     columns::id_and_cancel_request};

    Sql extend = {"extend", R"sql(
        UPDATE {jobs_by_id}
           SET lease_expires_at = :now + :lease_for, lease_for = :lease_for,
               revision = revision + IF({is_news}, 1, 0),
               updated_at = IF({is_news}, :now, updated_at),
               message = IF(:percent >= progress, :message, message),
               progress = GREATEST(progress, :percent),
               claimed_ahead = IF(:started = 1, 0, claimed_ahead),
               lost_ahead = IF(:started = 1, 0, lost_ahead)
         WHERE {are_held}
    )sql"};

    /// Returns what `rescue` makes of them, too.
    Sql find_expired = {"find_expired", R"sql(
        SELECT {columns}
          FROM (SELECT id AS due_id FROM jobs FORCE INDEX (jobs_lease)
                 WHERE lease_expires_at >= :watermark AND lease_expires_at <= :now {by_range}
                 ORDER BY lease_expires_at LIMIT :n) {with_jobs_found}
         WHERE status = 'processing' AND lease_expires_at <= :now FOR UPDATE SKIP LOCKED
    )sql",
                        expired};

    /// A job that is over keeps its times.
    Sql rescue = {"rescue", R"sql(
        UPDATE {jobs_by_id}
           SET status = IF({is_quarantined}, 'failed',
                           IF(cancel_requested_at IS NULL, 'pending', 'cancelled')),
               error = IF({is_quarantined}, :error, error),
               attempt_errors = IF({is_quarantined}, {errors_with_entry}, attempt_errors),
               failed_at = IF({is_quarantined}, :now, NULL),
               cancelled_at = IF(NOT {is_quarantined} AND cancel_requested_at IS NOT NULL,
                                 :now, NULL),
               expires_at = IF({rescued_is_over},
                               :now + IF({is_quarantined}, COALESCE(keep_failed, retention),
                                         retention), NULL),
               not_before = IF({rescued_is_over}, not_before,
                               IF(claimed_ahead = 1, COALESCE(not_before, run_at), NULL)),
               run_at = IF({rescued_is_over}, run_at,
                           IF(claimed_ahead = 1, LEAST({stood_at}, :now), :now)),
               not_before = IF({rescued_is_over}, not_before, NULLIF(not_before, run_at)),
               attempt = GREATEST(attempt - 1, 0), crashes = crashes + 1 - claimed_ahead,
               lost_ahead = claimed_ahead, lease_expires_at = NULL, updated_at = :now,
               revision = revision + 1
         WHERE id IN (:these)
    )sql"};
};

struct SweepStatements {
    Sql find_to_purge = {"find_to_purge", R"sql(
        SELECT {columns}
          FROM (SELECT id AS due_id FROM {finished_jobs}
                   AND expires_at >= :watermark AND expires_at <= :now AND {can_be_purged}
                 ORDER BY type, expires_at LIMIT :n) {with_jobs_found}
         WHERE {can_be_purged} AND expires_at <= :now FOR UPDATE SKIP LOCKED
    )sql",
                         columns::purged};

    Sql find_to_advance = {"find_to_advance", R"sql(
        SELECT {columns}
          FROM (SELECT id AS due_id FROM jobs FORCE INDEX (jobs_to_unblock)
                 WHERE to_unblock >= GREATEST(:watermark, 0) AND to_unblock <= :now {by_range}
                 ORDER BY to_unblock LIMIT :n) {with_jobs_found}
         WHERE to_unblock >= 0 AND to_unblock <= :now FOR UPDATE SKIP LOCKED
    )sql",
                           to_advance};
    Sql advance = {"advance", "UPDATE {jobs_by_id} SET {advances} WHERE id IN (:these)"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
