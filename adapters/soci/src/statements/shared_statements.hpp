#pragma once

#include "statements/clock_statements.hpp"
#include "statements/columns.hpp"
#include "statements/limit_table_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared {

// Statements look a job up by its id alone. nullif() keeps PostgreSQL from reading the index of all
// jobs of a status instead.

/// Statements about transactions, and about single jobs and queues, that are the same in all
/// dialects.
struct JobStatements {
    Sql commit = {"commit", "COMMIT"};
    Sql rollback = {"rollback", "ROLLBACK"};

    Sql time = {"time", "SELECT :now", columns::one_number};

    /// Returns null if no migration was completed.
    Sql schema_version = {"schema_version", "SELECT max(version) FROM asyncjobs_schema",
                          columns::one_number};
    Sql record_version = {"record_version", R"sql(
        INSERT INTO asyncjobs_schema (version, applied_at) VALUES (:version, :now)
    )sql"};

    Sql created_at = {"created_at", "SELECT created_at FROM jobs WHERE id = :id",
                      columns::one_number};

    /// The job that has an idempotency key.
    Sql first_of_key = {"first_of_key", R"sql(
        SELECT {columns} FROM jobs WHERE idempotency_key = :idempotency_key
    )sql",
                        columns::id_and_created_at};

    /// The job that holds a unique key.
    Sql key_holder = {"key_holder", R"sql(
        SELECT {columns} FROM jobs WHERE {holds_unique_key}
    )sql",
                      columns::id_and_created_at};

    /// The time to run at of a blocked job is in `not_before`.
    Sql replace = {"replace", R"sql(
        UPDATE jobs
           SET input = :input,
               run_at = CASE blocked_by WHEN 0 THEN :run_at ELSE run_at END,
               not_before = CASE blocked_by WHEN 0 THEN NULL ELSE :run_at END,
               updated_at = :now, revision = revision + 1
         WHERE id = :id AND nullif(status, '') = 'pending'
    )sql"};

    /// How long until the queue's next pending job is due. Returns no row for an empty or a paused
    /// queue.
    Sql next_due_in = {"next_due_in", R"sql(
        SELECT run_at - :now FROM jobs
         WHERE status = 'pending' AND queue = :queue
           AND coalesce((SELECT paused FROM job_queues WHERE name = :queue), 0) = 0
         ORDER BY run_at, id LIMIT 1
    )sql",
                       columns::one_number};

    Sql used_fence = {"used_fence", "{used_fence}", columns::one_number};
    Sql use_fence = {"use_fence",
                     "UPDATE job_fences SET used = :fence WHERE id = 1 AND used < :fence"};

    Sql paused = {"paused", "SELECT paused FROM job_queues WHERE name = :queue",
                  columns::one_number};

    Sql tombstone_owner = {"tombstone_owner", R"sql(
        SELECT owner FROM job_tombstones WHERE id = :id AND expires_at + 0 > :now
    )sql",
                           columns::one_text};
};

struct Statements : JobStatements, LimitTableStatements, ClockStatements {};

/// The statements that are the same in all dialects.
inline constexpr Statements sql{};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared
