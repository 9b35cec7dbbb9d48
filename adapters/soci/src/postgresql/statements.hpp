#pragma once

#include "postgresql/fleet_statements.hpp"
#include "statements/limit_statements.hpp"
#include "statements/row_statements.hpp"
#include "statements/statements.hpp"

/// PostgreSQL's statements: a batch is one statement, with an array for each of its columns.
/// Arguments follow the order in which the parameters first appear.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql {

inline constexpr Column settled[] = {
    {"number", columns::number},
    {"status", columns::text},
    {"dependents", columns::number},
    {"queue", columns::text, "CASE status WHEN 'pending' THEN queue END"},
    {"run_at", columns::number, "CASE status WHEN 'pending' THEN run_at END"}};
inline constexpr Column extended[] = {{"number", columns::number},
                                      {"cancel_requested_at", columns::number}};
inline constexpr Column next_due[] = {
    {"due_in", columns::number}, {"now", columns::number}, {"took", columns::number}};
inline constexpr Column estimates_columns[] = {{"pending", columns::number},
                                               {"finished", columns::number},
                                               {"failed", columns::number},
                                               {"cancelled", columns::number}};
inline constexpr Column advanced[] = {{"queue", columns::text}, {"run_at", columns::number}};

struct SubmitStatements {
    /// Inserts all of them, or throws.
    Sql insert_all = {"insert_all", "{insert} RETURNING {columns}", columns::id_and_created_at};

    Sql insert = {"insert", "{insert} ON CONFLICT DO NOTHING RETURNING {columns}",
                  columns::id_and_created_at};

    Sql replace = {"replace", R"sql(
        UPDATE jobs
           SET input = :input,
               run_at = CASE blocked_by WHEN 0 THEN {given_run_at} ELSE run_at END,
               not_before = CASE blocked_by WHEN 0 THEN NULL ELSE {given_run_at} END,
               updated_at = :now, revision = revision + 1
         WHERE id = :id AND nullif(status, '') = 'pending'
    )sql"};
};

struct LeaseStatements {
    /// A percentage of -1: none was reported.
    Sql settle = {"settle", R"sql(
        UPDATE jobs
           SET status = CASE WHEN {is_cancelled} THEN 'cancelled' ELSE becomes END,
               progress = CASE becomes WHEN 'completed' THEN 100
                                       ELSE greatest(progress, new_percent) END,
               message = CASE WHEN new_percent >= progress THEN new_message ELSE message END,
               result = new_result,
               error = CASE becomes WHEN 'completed' THEN NULL
                                    ELSE coalesce(new_error, error) END,
               attempt_errors = CASE WHEN new_entry IS NULL THEN attempt_errors
                                     ELSE {errors_with_entry new_entry} END,
               completed_at = CASE becomes WHEN 'completed' THEN :now END,
               failed_at = CASE becomes WHEN 'failed' THEN :now END,
               cancelled_at = CASE WHEN {is_cancelled} THEN :now END,
               expires_at = CASE WHEN {is_put_back} THEN NULL
                                 WHEN becomes = 'failed' THEN :now + coalesce(keep_failed, retention)
                                 ELSE :now + retention END,
               run_at = CASE WHEN NOT ({is_put_back}) THEN run_at
                             WHEN {is_given_back} THEN {place} ELSE :now + delay END,
               not_before = CASE WHEN NOT ({is_put_back}) THEN not_before
                                 WHEN {is_given_back} THEN {not_before_at_place} END,
               attempt = greatest(attempt - refund, 0), updated_at = :now,
               revision = revision + 1, lease_expires_at = NULL
          FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[]), CAST(:becomes AS text[]),
                      CAST(:percents AS integer[]), CAST(:messages AS text[]),
                      CAST(:results AS text[]), CAST(:errors AS text[]), CAST(:entries AS text[]),
                      CAST(:delays AS bigint[]), CAST(:refunds AS integer[])) WITH ORDINALITY
               AS settlement (settled_id, settled_fence, becomes, new_percent, new_message,
                              new_result, new_error, new_entry, delay, refund, number)
         WHERE {is_among_ids} AND id || '' = settled_id AND fence = settled_fence
           AND {is_processing} AND (becomes <> 'cancelled' OR cancel_requested_at IS NOT NULL)
        RETURNING {columns}
    )sql",
                  settled};

    Sql claim = {"claim", R"sql(
        UPDATE jobs
           SET status = 'processing', attempt = attempt + 1, fence = {next_fence},
               revision = revision + 1, progress = 0, message = '', worker = :worker,
               started_at = :now, updated_at = :now, lease_expires_at = :now + :lease_for,
               lease_for = :lease_for, claimed_ahead = :ahead
         WHERE ctid = ANY(ARRAY(SELECT due.ctid FROM {due_of_served} WHERE {is_served} LIMIT :n))
        RETURNING {columns}
    )sql",
                 columns::due};

    /// As claim, to look at the jobs first. They are locked.
    Sql find_due = {"find_due", R"sql(
        SELECT {columns} FROM jobs
         WHERE ctid = ANY(ARRAY(SELECT due.ctid FROM {due_of_served} WHERE {is_served} LIMIT :n))
    )sql",
                    columns::limited_due};

    /// Of those that are not due yet; then the time, and for how long the transaction has run.
    Sql next_due_in = {"next_due_in", R"sql(
        SELECT min(due.run_at) - :now, :now,
               CAST(extract(epoch FROM clock_timestamp() - now()) * 1000000 AS bigint)
          FROM unnest(CAST(:queues AS text[])) AS served (name),
               LATERAL (SELECT run_at FROM jobs
                         WHERE status = 'pending' AND queue = served.name AND run_at > :now
                         ORDER BY run_at, id LIMIT 1) AS due
         WHERE {is_served}
    )sql",
                       next_due};

    Sql extend = {"extend", R"sql(
        UPDATE jobs
           SET lease_expires_at = :now + :lease_for, lease_for = :lease_for,
               revision = revision + CASE WHEN {is_news} THEN 1 ELSE 0 END,
               updated_at = CASE WHEN {is_news} THEN :now ELSE updated_at END,
               progress = greatest(progress, new_percent),
               message = CASE WHEN new_percent >= progress THEN new_message ELSE message END,
               claimed_ahead = CASE started WHEN 1 THEN 0 ELSE claimed_ahead END,
               lost_ahead = CASE started WHEN 1 THEN 0 ELSE lost_ahead END
          FROM unnest(CAST(:ids AS text[]), CAST(:fences AS bigint[]),
                      CAST(:percents AS integer[]), CAST(:messages AS text[]),
                      CAST(:started AS integer[])) WITH ORDINALITY
               AS heartbeat (held_id, held_fence, new_percent, new_message, started, number)
         WHERE {is_among_ids} AND id || '' = held_id AND fence = held_fence AND {is_processing}
        RETURNING {columns}
    )sql",
                  extended};
};

inline constexpr StoreStatements store_statements = {
    .find = {"find", "SELECT {columns} FROM jobs WHERE {is_among_ids}", columns::job},
    .find_summaries = {"find_summaries", "SELECT {columns} FROM jobs WHERE {is_among_ids}",
                       columns::summary},
    .find_listed = {"find_listed", "SELECT {columns} FROM jobs WHERE {is_among_ids}",
                    columns::listed},
    .rescue = {"rescue", R"sql(
        UPDATE jobs SET {is_rescued}
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs
                                 WHERE status = 'processing'
                                   AND lease_expires_at >= :watermark AND lease_expires_at <= :now
                                 ORDER BY lease_expires_at LIMIT :n FOR UPDATE SKIP LOCKED))
        RETURNING {columns}
    )sql",
               columns::rescued},
    .purge = {"purge", R"sql(
        DELETE FROM jobs
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs
                                 WHERE type = :type
                                   AND expires_at >= :watermark AND expires_at <= :now
                                   AND dependents <> 1
                                 ORDER BY expires_at LIMIT :n FOR UPDATE SKIP LOCKED))
           AND status IN ('completed', 'failed', 'cancelled')
        RETURNING {columns}
    )sql",
              columns::purged},
    .advance = {"advance", R"sql(
        UPDATE jobs SET {advances}
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs WHERE {is_to_advance}
                                 ORDER BY run_at LIMIT :n FOR UPDATE SKIP LOCKED))
        RETURNING {columns}
    )sql",
                advanced},
    .forget_tombstones = {"forget_tombstones", R"sql(
        DELETE FROM job_tombstones WHERE id = ANY(ARRAY({past_tombstones}))
    )sql"},
    .forget_waiting = {"forget_waiting", R"sql(
        DELETE FROM job_waiting
         WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_waiting
                                 WHERE job > :after AND job <= :last ORDER BY job))
           AND {waits_no_more}
    )sql"},
};

struct OtherStatements {
    Sql estimates = {"estimates", R"sql(
        SELECT {rows_of 'jobs_due'}, {rows_of 'jobs_finished'}, {rows_of 'jobs_failed'},
               {rows_of 'jobs_cancelled'}
    )sql",
                     estimates_columns};

    /// Until the transaction ends.
    Sql lock_schema = {"lock_schema", "SELECT pg_advisory_xact_lock(:key)", columns::one_text};

    /// Of a host's session: where it sees the store's tables, as the beginning of a name; and the
    /// setting.
    Sql host_settings = {"host_settings", R"sql(
        SELECT (SELECT quote_ident(n.nspname) || '.'
                  FROM pg_catalog.pg_class AS c
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.relname = :schema_table AND pg_catalog.pg_table_is_visible(c.oid)),
               current_setting('array_nulls')
    )sql",
                         columns::two_texts};
};

struct Statements : SubmitStatements, LeaseStatements, OtherStatements {
    StoreStatements store = store_statements;
    RowStatements rows = {};
    LimitStatements limits = {};
    OperatorStatements operators = operator_statements;
};

/// All of them, but the shared ones.
inline constexpr Statements sql{};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql
