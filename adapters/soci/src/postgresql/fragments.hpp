#pragma once

#include "statements/sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql {

/// PostgreSQL's words in statements.
///
/// A prepared statement's plan is kept while the table grows from empty to millions of rows. A join
/// by `id = other.id` may be planned as a walk of the primary key, which is cheapest on an empty
/// table. A comparison with an array can only be looked up; the join is then by an expression that
/// no index knows.
inline constexpr Fragment fragments[] = {

    {"least", "least"},
    {"greatest", "greatest"},
    {"step", "CAST(60000000 AS bigint)"},
    {"step_parameter", "CAST(:step AS bigint)"},
    {"for_update", "FOR UPDATE"},
    {"skip_locked", "FOR UPDATE SKIP LOCKED"},

    // See RowStatements.
    {"batch", R"sql(
        WITH batch AS (SELECT entry ->> 0 AS new_id, CAST(entry ->> 1 AS {2}) AS {1},
                              entry ->> 2 AS new_text
                         FROM json_array_elements(CAST(:rows AS json)) AS entry))sql"},
    {"is_among", "{1} = ANY(ARRAY(SELECT {2} FROM batch))"},
    {"matches", "{is_among id new_id} AND id || '' = new_id"},
    {"are_these", R"sql(
        id = ANY(ARRAY(SELECT entry ->> 0 FROM json_array_elements(CAST(:these AS json)) AS entry)))sql"},
    // The order leaves no choice but the primary key: the other index of job_waiting ends in `job`.
    {"waiting_is_among", R"sql(
        ctid = ANY(ARRAY(SELECT ctid FROM job_waiting
                          WHERE {is_among job new_id} ORDER BY job FOR UPDATE)))sql"},
    {"waiting_matches", "{waiting_is_among} AND job || '' = new_id"},
    // Each is looked up by what was found before: OFFSET 0 leaves no other plan.
    {"stopped", R"sql(
        WITH RECURSIVE stopped (job, by_job) AS (
            SELECT (entry ->> 0) COLLATE "C", CAST(NULL AS text) COLLATE "C"
              FROM json_array_elements(CAST(:rows AS json)) AS entry
             UNION
            SELECT found.id, stopped.job
              FROM stopped,
                   LATERAL (SELECT child FROM job_dependencies
                             WHERE parent = stopped.job AND is_open = 1 OFFSET 0) AS edge,
                   LATERAL (SELECT id FROM jobs
                             WHERE id = edge.child AND status || '' = 'pending'
                               AND {can_be_stopped} OFFSET 0) AS found)
        SELECT job, by_job FROM stopped WHERE by_job IS NOT NULL LIMIT :n)sql"},

    {"insert", R"sql(
        INSERT INTO jobs
               (id, type, queue, owner, status, priority, max_attempts, unique_key,
                idempotency_key, limit_key, timeout, retention, keep_failed, created_at, updated_at,
                run_at, not_before, deadline, input, metadata, dependents)
        SELECT id, type, queue, owner, 'pending', priority, max_attempts, unique_key,
               idempotency_key, limit_key, timeout, retention, keep_failed, :now, :now,
               CASE WHEN due > :now THEN due ELSE due - priority * {step_parameter} END,
               CASE WHEN due <= :now AND priority > 0 THEN due END,
               coalesce(deadline, due + start_within), input, metadata, dependents
          FROM (SELECT *, coalesce(run_at, :now + delay) AS due
                  FROM unnest(CAST(:ids AS text[]), CAST(:types AS text[]),
                              CAST(:queues AS text[]), CAST(:owners AS text[]),
                              CAST(:priorities AS integer[]), CAST(:max_attempts AS integer[]),
                              CAST(:unique_keys AS text[]), CAST(:idempotency_keys AS text[]),
                              CAST(:limit_keys AS text[]), CAST(:timeouts AS bigint[]),
                              CAST(:retentions AS bigint[]), CAST(:keep_failed AS bigint[]),
                              CAST(:run_at AS bigint[]), CAST(:delays AS bigint[]), CAST(:deadlines AS bigint[]),
                              CAST(:start_within AS bigint[]), CAST(:inputs AS text[]),
                              CAST(:metadata AS text[]), CAST(:dependents AS integer[]))
                       AS given (id, type, queue, owner, priority, max_attempts, unique_key,
                                 idempotency_key, limit_key, timeout, retention, keep_failed, run_at,
                                 delay, deadline, start_within, input, metadata, dependents)) AS new)sql"},
    {"given_run_at", "coalesce(CAST(:run_at AS bigint), :now + CAST(:delay AS bigint))"},

    {"is_among_ids", "id = ANY(CAST(:ids AS text[]))"},

    // The condition depends on the batch's row as well. No index must have it: statistics of a
    // moment without a running job make a scan of all leases, for each job of a batch, look cheaper
    // than the primary key. Nor may a planner take it for a reason why few of the jobs are left: it
    // would compare each of them with each row of the batch, instead of hashing those.
    {"is_processing", "CASE WHEN number > 0 THEN status END = 'processing'"},

    // attempt_errors with that of the current attempt: see attempt_entry().
    {"errors_with_entry", R"sql(
        coalesce(left(attempt_errors, -1) || ',', '[')
        || '{"attempt":' || attempt || ',"at":' || :now
        || ',"worker":' || CAST(to_json(worker) AS text) || ',' || {1} || '}]')sql"},

    // `becomes` is the status that the worker wants. A job that is put back (`pending`) although
    // its cancellation was requested is cancelled instead.
    {"is_put_back", "becomes = 'pending' AND cancel_requested_at IS NULL"},
    {"is_given_back", "delay = 0 AND refund = 1"},
    {"is_cancelled",
     "(becomes = 'cancelled' OR becomes = 'pending' AND cancel_requested_at IS NOT NULL)"},

    {"error_head", R"sql(
        CASE strpos(error, ',"details":') WHEN 0 THEN error
             ELSE left(error, strpos(error, ',"details":')) || '"details":null}' END)sql"},

    // Of an index, as the last vacuum counted them.
    {"rows_of", R"sql(
        (SELECT CAST(reltuples AS bigint) FROM pg_catalog.pg_class WHERE oid = to_regclass({1})))sql"},

    {"is_news", "(new_percent > progress OR new_percent = progress AND new_message <> message)"},

    // Due jobs of `served`, a queue and a range in which they are looked for, until there are
    // enough: see ClaimWatermarks.
    {"due_of_served", R"sql(
        unnest(CAST(:queues AS text[]), CAST(:from AS bigint[]), CAST(:to AS bigint[]))
            AS served (name, due_from, due_to),
        LATERAL (SELECT ctid FROM jobs
                  WHERE status = 'pending' AND queue = served.name AND run_at <= :now
                    AND run_at >= served.due_from AND run_at < served.due_to
                  ORDER BY run_at, id LIMIT :n FOR UPDATE SKIP LOCKED) AS due)sql"},
    {"is_served", "coalesce((SELECT paused FROM job_queues WHERE name = served.name), 0) = 0"},

    // See FleetStatements.
    {"tallies", "jsonb_array_elements(CAST(:rows AS jsonb)) AS entry"},
    {"given", "CAST(entry ->> {2} AS bigint) AS {1}"},
    {"given_text", "entry ->> {2} AS {1}"},
    {"added", "{1} = job_tallies.{1} + excluded.{1}"},
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql
