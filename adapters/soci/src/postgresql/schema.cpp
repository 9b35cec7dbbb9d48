#include "postgresql/schema.hpp"

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

// Each index serves one query, and holds only the rows that it can return: claims,
// sweeps and pages cost the same whatever else is in the table. Texts are compared byte for byte.
// Every job leaves two dead rows behind; vacuum must come by the number of them, not by their
// share. Pages are left half empty for them: a new version of a row beside the old one is a third
// less to log, and its entry in the primary key splits no page.
constexpr const char* postgresql_tables = R"sql(CREATE TABLE asyncjobs_schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at BIGINT  NOT NULL
);
CREATE TABLE jobs (
    id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY WITH (fillfactor = 50),
    type                TEXT COLLATE "C" NOT NULL,
    queue               TEXT COLLATE "C" NOT NULL,
    owner               TEXT COLLATE "C" NOT NULL,
    status              TEXT COLLATE "C" NOT NULL
        CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    progress            INTEGER NOT NULL DEFAULT 0,
    message             TEXT COLLATE "C" NOT NULL DEFAULT '',
    attempt             INTEGER NOT NULL DEFAULT 0,
    priority            INTEGER NOT NULL DEFAULT 0,
    max_attempts        INTEGER NOT NULL,
    crashes             INTEGER NOT NULL DEFAULT 0,
    fence               BIGINT  NOT NULL DEFAULT 0,
    revision            BIGINT  NOT NULL DEFAULT 1,
    worker              TEXT COLLATE "C" NOT NULL DEFAULT '',
    unique_key          TEXT COLLATE "C",
    idempotency_key     TEXT COLLATE "C",
    limit_key           TEXT COLLATE "C",
    timeout             BIGINT  NOT NULL,
    retention           BIGINT  NOT NULL,
    created_at          BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL,
    run_at              BIGINT  NOT NULL,
    started_at          BIGINT,
    completed_at        BIGINT,
    failed_at           BIGINT,
    cancelled_at        BIGINT,
    cancel_requested_at BIGINT,
    lease_expires_at    BIGINT,
    expires_at          BIGINT,
    deadline            BIGINT,
    not_before          BIGINT,
    parents             INTEGER NOT NULL DEFAULT 0,
    blocked_by          INTEGER NOT NULL DEFAULT 0,
    dependents          INTEGER NOT NULL DEFAULT 0,
    on_parent_failure   TEXT COLLATE "C",
    cancel_reason       TEXT COLLATE "C",
    steps               TEXT COLLATE "C",
    input               TEXT COLLATE "C" NOT NULL,
    metadata            TEXT COLLATE "C",
    result              TEXT COLLATE "C",
    error               TEXT COLLATE "C",
    attempt_errors      TEXT COLLATE "C"
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, fillfactor = 50);
CREATE INDEX jobs_due ON jobs (queue, run_at, id) WHERE status = 'pending';
CREATE INDEX jobs_lease ON jobs (lease_expires_at) WHERE status = 'processing';
CREATE INDEX jobs_finished ON jobs (type, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_failed ON jobs (id) WHERE status = 'failed';
CREATE INDEX jobs_cancelled ON jobs (id) WHERE status = 'cancelled';
CREATE INDEX jobs_owner ON jobs (owner, id) WHERE owner <> '';
CREATE UNIQUE INDEX jobs_unique_key ON jobs (unique_key)
    WHERE unique_key IS NOT NULL AND status IN ('pending', 'processing');
CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_to_unblock ON jobs (id)
    WHERE dependents = 1 AND status IN ('completed', 'failed', 'cancelled');
CREATE INDEX jobs_to_advance ON jobs (run_at)
    WHERE status = 'pending' AND priority > 0 AND not_before IS NULL;
CREATE TABLE job_dependencies (
    parent  TEXT COLLATE "C" NOT NULL,
    child   TEXT COLLATE "C" NOT NULL,
    is_open INTEGER NOT NULL,
    PRIMARY KEY (parent, child)
);
CREATE INDEX job_dependencies_of ON job_dependencies (child);
CREATE TABLE job_limits (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    queue       TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    per         TEXT COLLATE "C" NOT NULL CHECK (per IN ('limit', 'owner', 'key')),
    concurrency INTEGER NOT NULL,
    rate        INTEGER NOT NULL,
    period      BIGINT  NOT NULL,
    burst       INTEGER NOT NULL,
    in_turn     INTEGER NOT NULL,
    updated_at  BIGINT  NOT NULL
);
CREATE TABLE job_lines (
    line          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at       BIGINT NOT NULL,
    offered_until BIGINT NOT NULL
);
CREATE TABLE job_places (
    line      TEXT COLLATE "C" NOT NULL,
    job       TEXT COLLATE "C" NOT NULL,
    fence     BIGINT NOT NULL,
    called_at BIGINT,
    PRIMARY KEY (line, job)
);
CREATE TABLE job_waiting (
    job       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    line      TEXT COLLATE "C" NOT NULL,
    queue     TEXT COLLATE "C" NOT NULL,
    queued_at BIGINT  NOT NULL,
    is_timed  INTEGER NOT NULL
);
CREATE INDEX job_waiting_in_line ON job_waiting (line, is_timed, queued_at, job);
CREATE TABLE job_tombstones (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner      TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX job_tombstones_end ON job_tombstones (expires_at);
CREATE TABLE job_fences (
    id   INTEGER NOT NULL PRIMARY KEY,
    used BIGINT  NOT NULL
);
INSERT INTO job_fences (id, used) VALUES (1, 0);
CREATE TABLE job_queues (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    paused     INTEGER NOT NULL DEFAULT 0,
    updated_at BIGINT  NOT NULL
);
CREATE VIEW jobs_readable AS
SELECT id, type, queue, owner, status, progress, message, input, metadata, result, error, attempt_errors, attempt,
       priority, max_attempts, crashes, fence, revision, worker, unique_key, idempotency_key, limit_key, parents, blocked_by, cancel_reason,
       steps,
       timeout / 1000000.0 AS timeout_seconds, retention / 1000000.0 AS retention_seconds,
       to_timestamp(created_at / 1000000.0) AS created_at,
       to_timestamp(updated_at / 1000000.0) AS updated_at,
       to_timestamp(coalesce(not_before, run_at) / 1000000.0) AS run_at,
       to_timestamp(started_at / 1000000.0) AS started_at,
       to_timestamp(completed_at / 1000000.0) AS completed_at,
       to_timestamp(failed_at / 1000000.0) AS failed_at,
       to_timestamp(cancelled_at / 1000000.0) AS cancelled_at,
       to_timestamp(cancel_requested_at / 1000000.0) AS cancel_requested_at,
       to_timestamp(lease_expires_at / 1000000.0) AS lease_expires_at,
       to_timestamp(expires_at / 1000000.0) AS expires_at,
       to_timestamp(deadline / 1000000.0) AS deadline
  FROM jobs;
)sql";

/// A job that waits for a limit waits for its revision, and buckets have a time at which to look at
/// them.
constexpr const char* postgresql_lines = R"sql(
UPDATE jobs SET run_at = queued_at FROM job_waiting
 WHERE job = id AND status = 'pending' AND run_at = 253402300799999999 AND blocked_by = 0
   AND not_before IS NOT NULL;
DROP TABLE job_waiting;
CREATE TABLE job_waiting (
    job            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    line           TEXT COLLATE "C" NOT NULL,
    queue          TEXT COLLATE "C" NOT NULL,
    queued_at      BIGINT NOT NULL,
    job_revision   BIGINT NOT NULL,
    job_created_at BIGINT NOT NULL,
    told           TEXT COLLATE "C" NOT NULL
);
CREATE INDEX job_waiting_in_line ON job_waiting (line, queued_at, job);
DROP TABLE job_lines;
CREATE TABLE job_lines (
    line       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX job_lines_due ON job_lines (due_at);
CREATE INDEX job_lines_updated ON job_lines (updated_at);
)sql";

/// Steps have rows of their own: see job_steps.hpp.
constexpr const char* postgresql_steps = R"sql(
CREATE TABLE job_steps (
    job    TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (job, name)
);
INSERT INTO job_steps (job, name, number, result)
SELECT id, entry ->> 'name', number, entry ->> 'result'
  FROM jobs, json_array_elements(CAST(steps AS json)) WITH ORDINALITY AS old (entry, number)
 WHERE steps IS NOT NULL
    ON CONFLICT DO NOTHING;
UPDATE jobs SET steps = (SELECT CAST(max(number) AS text) FROM job_steps WHERE job = id)
 WHERE steps IS NOT NULL;
)sql";

/// Whether a job was claimed ahead and has not started, and whether a worker was lost that had: see
/// JobStore::rescue().
constexpr const char* postgresql_ahead = R"sql(
ALTER TABLE jobs ADD COLUMN claimed_ahead SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lost_ahead SMALLINT NOT NULL DEFAULT 0;
)sql";

/// How long the latest lease was given for. Of leases that are older than this column it is not
/// known; an executor gives them for a day at most.
constexpr const char* postgresql_lease =
    R"sql(
ALTER TABLE jobs ADD COLUMN lease_for BIGINT NOT NULL DEFAULT 86400000000;
)sql";

/// Limits' tables and columns are named as in the rest of the library.
constexpr const char* postgresql_limits = R"sql(
CREATE TABLE job_buckets (
    bucket     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
INSERT INTO job_buckets (bucket, next_at, due_at, updated_at)
SELECT line, next_at, due_at, updated_at FROM job_lines;
DROP TABLE job_lines;
CREATE INDEX job_buckets_due ON job_buckets (due_at);
CREATE INDEX job_buckets_updated ON job_buckets (updated_at);
CREATE TABLE job_slots (
    bucket      TEXT COLLATE "C" NOT NULL,
    job         TEXT COLLATE "C" NOT NULL,
    fence       BIGINT NOT NULL,
    admitted_at BIGINT,
    PRIMARY KEY (bucket, job)
);
INSERT INTO job_slots (bucket, job, fence, admitted_at)
SELECT line, job, fence, called_at FROM job_places;
DROP TABLE job_places;
DROP INDEX job_waiting_in_line;
ALTER TABLE job_waiting RENAME COLUMN line TO bucket;
ALTER TABLE job_waiting RENAME COLUMN told TO reported;
CREATE INDEX job_waiting_in_bucket ON job_waiting (bucket, queued_at, job);
ALTER TABLE job_limits RENAME COLUMN per TO scope;
ALTER TABLE job_limits RENAME COLUMN in_turn TO round_robin;
)sql";

/// How long a failed job is kept. Jobs that are older than this column have their retention.
constexpr const char* postgresql_keep_failed =
    R"sql(ALTER TABLE jobs ADD COLUMN keep_failed BIGINT;
)sql";

/// Workers, what they did, and what operators did.
constexpr const char* postgresql_fleet =
    R"sql(CREATE TABLE job_workers (
    worker            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    host              TEXT COLLATE "C" NOT NULL DEFAULT '',
    process           BIGINT           NOT NULL DEFAULT 0,
    version           TEXT COLLATE "C" NOT NULL DEFAULT '',
    started_at        BIGINT           NOT NULL DEFAULT 0,
    state             TEXT COLLATE "C" NOT NULL DEFAULT 'running',
    concurrency       BIGINT           NOT NULL DEFAULT 0,
    running           BIGINT           NOT NULL DEFAULT 0,
    queues            TEXT COLLATE "C" NOT NULL DEFAULT '',
    types             TEXT COLLATE "C" NOT NULL DEFAULT '',
    next_within       BIGINT           NOT NULL DEFAULT 0,
    last_heartbeat    BIGINT           NOT NULL DEFAULT 0,
    run               BIGINT           NOT NULL DEFAULT 0,
    number            BIGINT           NOT NULL DEFAULT 0,
    order_number      BIGINT           NOT NULL DEFAULT 0,
    order_quiet       INTEGER,
    order_concurrency INTEGER,
    order_expires_at  BIGINT
) WITH (fillfactor = 50);
CREATE TABLE job_tallies (
    period     TEXT COLLATE "C" NOT NULL,
    start      BIGINT           NOT NULL,
    queue      TEXT COLLATE "C" NOT NULL,
    type       TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    error_code TEXT COLLATE "C" NOT NULL,
    total      BIGINT           NOT NULL,
    w0         BIGINT           NOT NULL,
    w1         BIGINT           NOT NULL,
    w2         BIGINT           NOT NULL,
    w3         BIGINT           NOT NULL,
    w4         BIGINT           NOT NULL,
    w5         BIGINT           NOT NULL,
    w6         BIGINT           NOT NULL,
    w7         BIGINT           NOT NULL,
    w8         BIGINT           NOT NULL,
    w9         BIGINT           NOT NULL,
    w10        BIGINT           NOT NULL,
    w11        BIGINT           NOT NULL,
    w12        BIGINT           NOT NULL,
    w13        BIGINT           NOT NULL,
    waited     BIGINT           NOT NULL,
    r0         BIGINT           NOT NULL,
    r1         BIGINT           NOT NULL,
    r2         BIGINT           NOT NULL,
    r3         BIGINT           NOT NULL,
    r4         BIGINT           NOT NULL,
    r5         BIGINT           NOT NULL,
    r6         BIGINT           NOT NULL,
    r7         BIGINT           NOT NULL,
    r8         BIGINT           NOT NULL,
    r9         BIGINT           NOT NULL,
    r10        BIGINT           NOT NULL,
    r11        BIGINT           NOT NULL,
    r12        BIGINT           NOT NULL,
    r13        BIGINT           NOT NULL,
    ran        BIGINT           NOT NULL,
    PRIMARY KEY (period, start, queue, type, outcome, error_code)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, fillfactor = 50);
CREATE TABLE job_audit (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    recorded_at BIGINT           NOT NULL,
    who         TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    target      TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL
);
)sql";

} // namespace

std::span<const Migration> postgresql_migrations() {
    static const std::array<Migration, 8> steps = {{{1, postgresql_tables},
                                                    {2, postgresql_lines},
                                                    {3, postgresql_steps},
                                                    {4, postgresql_ahead},
                                                    {5, postgresql_lease},
                                                    {6, postgresql_limits},
                                                    {7, postgresql_keep_failed},
                                                    {8, postgresql_fleet}}};
    return steps;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
