#pragma once

#include "mysql/job_statements.hpp"
#include "mysql/operator_statements.hpp"
#include "mysql/row_statements.hpp"
#include "statements/statements.hpp"

/// MySQL's and MariaDB's statements. Arguments follow the order in which the parameters first
/// appear.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

inline constexpr StoreStatements store_statements = {
    .find = {"find", "SELECT {columns} FROM {ids} {with_jobs}", columns::job},
    .find_summaries = {"find_summaries", "SELECT {columns} FROM {ids} {with_jobs}",
                       columns::summary},
    .find_listed = {"find_listed", "SELECT {columns} FROM {ids} {with_jobs}", columns::listed},
    .set_paused = {"set_paused", R"sql(
        INSERT INTO job_queues (name, paused, updated_at) VALUES (:queue, :paused, :now)
            ON DUPLICATE KEY UPDATE updated_at = IF(paused = :paused, updated_at, :now),
                                    paused = :paused
    )sql"},
    .add_step = {"add_step", R"sql(
        INSERT INTO job_steps (job, name, number, result)
        SELECT id, :name, {latest_step} + 1, :result FROM {jobs_by_id}
         WHERE id = :id AND fence = :fence AND status = 'processing'
           AND NOT EXISTS (SELECT 1 FROM job_steps WHERE job = :id AND name = :name)
    )sql"},
    .count_step = {"count_step", R"sql(
        UPDATE {jobs_by_id} SET steps = {latest_step} + 1
         WHERE id = :id AND fence = :fence AND status = 'processing' AND {is_new_step}
    )sql"},
    // Only a job under lease has a time at which it expires.
    .leases_of = {"leases_of", R"sql(
        SELECT {columns} FROM jobs FORCE INDEX (jobs_lease)
         WHERE worker = :worker AND status = 'processing' AND lease_expires_at >= {floor_or_now}
    )sql",
                  columns::claimed},
    .expired_lease = {"expired_lease", R"sql(
        SELECT :now,
               (SELECT lease_expires_at FROM jobs FORCE INDEX (jobs_lease)
                 WHERE status = 'processing'
                   AND lease_expires_at >= :watermark AND lease_expires_at <= :now
                 ORDER BY lease_expires_at LIMIT 1)
    )sql",
                      columns::now_and_oldest},
    .to_advance = {"to_advance", R"sql(
        SELECT :now,
               (SELECT to_unblock FROM jobs FORCE INDEX (jobs_to_unblock)
                 WHERE to_unblock >= GREATEST(:watermark, 0) AND to_unblock <= :now {by_range}
                 ORDER BY to_unblock LIMIT 1)
    )sql",
                   columns::now_and_oldest},
    .next_type = {"next_type", R"sql(
        SELECT type FROM jobs FORCE INDEX (jobs_finished)
         WHERE type > :after ORDER BY type LIMIT 1
    )sql",
                  columns::one_text},
    .expired_job = {"expired_job", R"sql(
        SELECT :now,
               (SELECT expires_at FROM {finished_jobs}
                   AND expires_at >= :watermark AND expires_at <= :now {by_range}
                 ORDER BY type, expires_at LIMIT 1)
    )sql",
                    columns::now_and_oldest},
    .past_tombstone = {"past_tombstone",
                       "SELECT :now, (SELECT expires_at {past_tombstones} LIMIT 1)",
                       columns::now_and_oldest},
    // Nested, since MySQL takes no limit right within IN.
    .forget_tombstones = {"forget_tombstones", R"sql(
        DELETE FROM job_tombstones
         WHERE id IN (SELECT id FROM (SELECT id {past_tombstones} LIMIT :n) AS past)
    )sql"},
    .count_waiting = {"count_waiting", R"sql(
        SELECT count(*), :now, min(run_at)
          FROM (SELECT run_at FROM {jobs_of_queue}
                   AND due_slot >= :watermark DIV 262144 AND due_slot <= :now DIV 262144
                   AND run_at >= :watermark AND run_at <= :now {by_range}
                 ORDER BY queue, due_slot, run_at LIMIT :count_limit) AS found
    )sql",
                      columns::count_now_and_oldest},
    .count_processing = {"count_processing", R"sql(
        SELECT count(*), :now, min(lease_expires_at)
          FROM (SELECT lease_expires_at FROM jobs FORCE INDEX (jobs_lease)
                 WHERE queue = :queue AND lease_expires_at >= :watermark AND lease_expires_at < :until
                 ORDER BY lease_expires_at LIMIT :count_limit) AS found
    )sql",
                         columns::count_now_and_oldest},
    .latest_runs = {"latest_runs", R"sql(
        SELECT count(completed_at), :now, min(expires_at), sum(completed_at - started_at)
          FROM (SELECT completed_at, started_at, expires_at FROM {finished_jobs}
                   AND expires_at >= :watermark AND expires_at < :until
                 ORDER BY type DESC, expires_at DESC LIMIT 50) AS latest
    )sql",
                    columns::latest_runs},
};

inline constexpr Column host_settings_columns[] = {
    {"max_packet", columns::number, "@@max_allowed_packet"},
    {"client", columns::text, "@@character_set_client"},
    {"connection", columns::text, "@@character_set_connection"},
    {"results", columns::text, "@@character_set_results"},
    {"mode", columns::text, "@@sql_mode"},
    {"safe_updates", columns::number, "@@sql_safe_updates"},
    {"is_limit_small", columns::number, "@@sql_select_limit < 1000000"}};

/// Of sessions and of the schema.
struct OtherStatements {
    Sql now = {"now", "SELECT {clock}", columns::one_number};
    /// One time for all statements of a call, without a round trip of its own.
    Sql keep_time = {"keep_time", "SET {kept_time} = {clock}"};

    Sql autocommit_off = {"autocommit_off", "SET autocommit = 0"};
    Sql autocommit_on = {"autocommit_on", "SET autocommit = 1"};

    Sql version = {"version", "SELECT VERSION()", columns::one_text};
    Sql clustering = {"clustering", "SHOW SESSION VARIABLES LIKE 'wsrep_on'", columns::two_texts};
    Sql max_packet = {"max_packet", "SELECT @@max_allowed_packet", columns::one_number};
    /// The bytes of a text as the server sees them, and the text.
    Sql echo = {"echo", "SELECT HEX(new_id), new_id FROM {ids} AS batch", columns::two_texts};
    Sql other_encodings = {"other_encodings", R"sql(
        SELECT table_name, column_name, character_set_name FROM information_schema.columns
         WHERE table_schema = DATABASE() AND character_set_name <> 'utf8mb4'
           AND table_name IN ('asyncjobs_schema', 'jobs', 'job_queues', 'job_dependencies',
                              'job_limits', 'job_buckets', 'job_slots', 'job_waiting',
                              'job_tombstones', 'job_steps', 'job_workers', 'job_tallies', 'job_audit')
         LIMIT 1
    )sql",
                           columns::three_texts};

    Sql columns_of_table = {"columns_of_table", R"sql(
        SELECT column_name FROM information_schema.columns
         WHERE table_schema = DATABASE() AND table_name = :name
    )sql",
                            columns::one_text};

    /// Of a host's session.
    Sql host_settings = {"host_settings", "SELECT {columns}", host_settings_columns};

    /// Returns 1 if the lock was taken.
    Sql lock_schema = {"lock_schema", "SELECT GET_LOCK({schema_lock}, :seconds)",
                       columns::one_number};
    Sql unlock_schema = {"unlock_schema", "SELECT RELEASE_LOCK({schema_lock})",
                         columns::one_number};
};

struct Statements : SubmitStatements,
                    SettleStatements,
                    LeaseStatements,
                    SweepStatements,
                    LimitQueueStatements,
                    OtherStatements {
    StoreStatements store = store_statements;
    RowStatements rows = row_statements;
    LimitStatements limits = limit_statements;
    OperatorStatements operators = operator_statements;
};

/// All of them, but the shared ones.
inline constexpr Statements sql{};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
