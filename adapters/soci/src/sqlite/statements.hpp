#pragma once

#include "sqlite/fragments.hpp"
#include "statements/limit_statements.hpp"
#include "statements/operator_statements.hpp"
#include "statements/row_statements.hpp"
#include "statements/statements.hpp"

/// SQLite's statements. Arguments follow the order in which the parameters first appear.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite {

struct SettleStatements {
    Sql complete = {"complete", R"sql(
        UPDATE jobs
           SET status = 'completed',
               message = CASE WHEN :percent >= progress THEN :message ELSE message END,
               progress = 100, result = :result, error = NULL, completed_at = :now,
               expires_at = :now + retention, updated_at = :now, revision = revision + 1,
               lease_expires_at = NULL
         WHERE {is_leased}
    )sql"};

    Sql fail = {"fail", R"sql(
        UPDATE jobs
           SET {ends}, status = 'failed', error = :error,
               attempt_errors = {errors_with_entry :entry}, failed_at = :now,
               expires_at = :now + coalesce(keep_failed, retention)
         WHERE {is_leased}
    )sql"};

    Sql cancel = {"cancel", R"sql(
        UPDATE jobs
           SET {ends}, status = 'cancelled', cancelled_at = :now, expires_at = :now + retention
         WHERE {is_leased} AND cancel_requested_at IS NOT NULL
    )sql"};

    /// Released and retried jobs. For a released one, `error` is null and `refund` is 1.
    Sql put_back = {"put_back", R"sql(
        UPDATE jobs
           SET {ends},
               status = iif(cancel_requested_at IS NULL, 'pending', 'cancelled'),
               cancelled_at = iif(cancel_requested_at IS NULL, NULL, :now),
               expires_at = iif(cancel_requested_at IS NULL, NULL, :now + retention),
               run_at = CASE WHEN cancel_requested_at IS NOT NULL THEN run_at
                             WHEN :delay = 0 AND :refund = 1 THEN {place}
                             ELSE :now + :delay END,
               not_before = CASE WHEN cancel_requested_at IS NOT NULL THEN not_before
                                 WHEN :delay = 0 AND :refund = 1 THEN {not_before_at_place} END,
               attempt = max(attempt - :refund, 0), error = coalesce(:error, error),
               attempt_errors = iif(:entry IS NULL, attempt_errors, {errors_with_entry :entry})
         WHERE {is_leased}
        RETURNING status
    )sql",
                    columns::one_text};
};

struct LeaseStatements {
    Sql claim = {"claim", R"sql(
        UPDATE jobs SET {is_taken}
         WHERE rowid IN (SELECT rowid FROM jobs
                          WHERE status = 'pending' AND queue = :queue AND run_at <= :now
                            AND coalesce((SELECT paused FROM job_queues WHERE name = :queue), 0) = 0
                          ORDER BY run_at, id LIMIT :n)
        RETURNING {columns}
    )sql",
                 columns::due};

    /// As claim, to look at the jobs first.
    Sql find_due = {"find_due", R"sql(
        SELECT {columns} FROM jobs
         WHERE status = 'pending' AND queue = :queue AND run_at <= :now
           AND NOT EXISTS (SELECT 1 FROM job_queues WHERE name = :queue AND paused = 1)
         ORDER BY run_at, id LIMIT :n
    )sql",
                    columns::limited_due};

    Sql extend = {"extend", R"sql(
        UPDATE jobs SET lease_expires_at = :lease_expires_at, lease_for = :lease_for
         WHERE {is_leased}
        RETURNING cancel_requested_at
    )sql",
                  columns::one_number};

    Sql extend_with_progress = {"extend_with_progress", R"sql(
        UPDATE jobs
           SET lease_expires_at = :lease_expires_at, lease_for = :lease_for,
               revision = revision + iif({is_news}, 1, 0),
               updated_at = iif({is_news}, :now, updated_at),
               progress = max(progress, :percent),
               message = iif(:percent >= progress, :message, message)
         WHERE {is_leased}
        RETURNING cancel_requested_at
    )sql",
                                columns::one_number};

    /// Of a job that was claimed ahead.
    Sql report_start = {"report_start", R"sql(
        UPDATE jobs SET claimed_ahead = 0, lost_ahead = 0 WHERE {is_leased}
    )sql"};
};

struct OtherStatements {
    Sql begin_immediate = {"begin_immediate", "BEGIN IMMEDIATE"};
    Sql begin_deferred = {"begin_deferred", "BEGIN"};

    Sql insert = {"insert", R"sql(
        INSERT INTO jobs
               (id, type, queue, owner, status, priority, max_attempts, unique_key,
                idempotency_key, limit_key, timeout, retention, keep_failed, created_at, updated_at,
                run_at, not_before, deadline, input, metadata, dependents)
        VALUES (:id, :type, :queue, :owner, 'pending', :priority, :max_attempts, :unique_key,
                :idempotency_key, :limit_key, :timeout, :retention, :keep_failed, :now, :now,
                :run_at, :not_before, :deadline, :input, :metadata, :dependents)
            ON CONFLICT DO NOTHING
    )sql"};
};

inline constexpr StoreStatements store_statements = {
    .find = {"find", "SELECT {columns} FROM jobs WHERE id = :id", columns::job},
    .find_summaries = {"find_summaries", "SELECT {columns} FROM jobs WHERE id = :id",
                       columns::summary},
    .find_listed = {"find_listed", "SELECT {columns} FROM jobs WHERE id = :id", columns::listed},
    .rescue = {"rescue", R"sql(
        UPDATE jobs SET {is_rescued}
         WHERE rowid IN (SELECT rowid FROM jobs
                          WHERE status = 'processing'
                            AND lease_expires_at >= :watermark AND lease_expires_at <= :now
                          ORDER BY lease_expires_at LIMIT :n)
        RETURNING {columns}
    )sql",
               columns::rescued},
    .purge = {"purge", R"sql(
        DELETE FROM jobs
         WHERE rowid IN (SELECT rowid FROM jobs
                          WHERE type = :type AND expires_at >= :watermark AND expires_at <= :now
                            AND dependents <> 1
                          ORDER BY expires_at LIMIT :n)
           AND status IN ('completed', 'failed', 'cancelled')
        RETURNING {columns}
    )sql",
              columns::purged},
    .advance = {"advance", R"sql(
        UPDATE jobs SET {advances}
         WHERE rowid IN (SELECT rowid FROM jobs WHERE {is_to_advance} ORDER BY run_at LIMIT :n)
    )sql"},
};

struct Statements : SettleStatements, LeaseStatements, OtherStatements {
    shared::KeptClockStatements kept_clock = {};
    StoreStatements store = store_statements;
    RowStatements rows = {};
    LimitStatements limits = {};
    OperatorStatements operators = {};
};

/// All of them, but the shared ones.
inline constexpr Statements sql{};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite
