#include "sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

// Each index serves one query, and holds only the rows that it can return: claims,
// sweeps and pages cost the same whatever else is in the table. `status` at the end of an index
// spares SQLite a look into the table.
constexpr const char* sqlite_tables = R"sql(CREATE TABLE asyncjobs_schema (
    version    INTEGER NOT NULL PRIMARY KEY,
    applied_at BIGINT  NOT NULL
);
CREATE TABLE jobs (
    id                  TEXT    NOT NULL PRIMARY KEY,
    type                TEXT    NOT NULL,
    queue               TEXT    NOT NULL,
    owner               TEXT    NOT NULL,
    status              TEXT    NOT NULL
        CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    progress            INTEGER NOT NULL DEFAULT 0,
    message             TEXT    NOT NULL DEFAULT '',
    attempt             INTEGER NOT NULL DEFAULT 0,
    priority            INTEGER NOT NULL DEFAULT 0,
    max_attempts        INTEGER NOT NULL,
    crashes             INTEGER NOT NULL DEFAULT 0,
    fence               BIGINT  NOT NULL DEFAULT 0,
    revision            BIGINT  NOT NULL DEFAULT 1,
    worker              TEXT    NOT NULL DEFAULT '',
    unique_key          TEXT,
    idempotency_key     TEXT,
    limit_key           TEXT,
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
    on_parent_failure   TEXT,
    cancel_reason       TEXT,
    steps               TEXT,
    input               TEXT    NOT NULL,
    metadata            TEXT,
    result              TEXT,
    error               TEXT,
    attempt_errors      TEXT
);
CREATE INDEX jobs_due ON jobs (queue, run_at, id, status) WHERE status = 'pending';
CREATE INDEX jobs_lease ON jobs (lease_expires_at, queue, worker, status)
    WHERE status = 'processing';
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
    parent  TEXT    NOT NULL,
    child   TEXT    NOT NULL,
    is_open INTEGER NOT NULL,
    PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE INDEX job_dependencies_of ON job_dependencies (child);
CREATE TABLE job_limits (
    name        TEXT    NOT NULL PRIMARY KEY,
    queue       TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    per         TEXT    NOT NULL CHECK (per IN ('limit', 'owner', 'key')),
    concurrency INTEGER NOT NULL,
    rate        INTEGER NOT NULL,
    period      BIGINT  NOT NULL,
    burst       INTEGER NOT NULL,
    in_turn     INTEGER NOT NULL,
    updated_at  BIGINT  NOT NULL
);
CREATE TABLE job_lines (
    line          TEXT   NOT NULL PRIMARY KEY,
    next_at       BIGINT NOT NULL,
    offered_until BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE job_places (
    line      TEXT   NOT NULL,
    job       TEXT   NOT NULL,
    fence     BIGINT NOT NULL,
    called_at BIGINT,
    PRIMARY KEY (line, job)
) WITHOUT ROWID;
CREATE TABLE job_waiting (
    job       TEXT    NOT NULL PRIMARY KEY,
    line      TEXT    NOT NULL,
    queue     TEXT    NOT NULL,
    queued_at BIGINT  NOT NULL,
    is_timed  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_waiting_in_line ON job_waiting (line, is_timed, queued_at, job, queue);
CREATE TABLE job_tombstones (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_tombstones_end ON job_tombstones (expires_at);
CREATE TABLE job_fences (
    id   INTEGER NOT NULL PRIMARY KEY,
    used BIGINT  NOT NULL
);
INSERT INTO job_fences (id, used) VALUES (1, 0);
CREATE TABLE job_queues (
    name       TEXT    NOT NULL PRIMARY KEY,
    paused     INTEGER NOT NULL DEFAULT 0,
    updated_at BIGINT  NOT NULL
);
CREATE VIEW jobs_readable AS
SELECT id, type, queue, owner, status, progress, message, input, metadata, result, error, attempt_errors, attempt,
       priority, max_attempts, crashes, fence, revision, worker, unique_key, idempotency_key, limit_key, parents, blocked_by, cancel_reason,
       steps,
       timeout / 1000000.0 AS timeout_seconds, retention / 1000000.0 AS retention_seconds,
       @created_at, @updated_at, @run_at, @started_at, @completed_at, @failed_at, @cancelled_at,
       @cancel_requested_at, @lease_expires_at, @expires_at, @deadline
  FROM jobs;
)sql";

/// A job that waits for a limit waits for its revision, and buckets have a time at which to look at
/// them.
constexpr const char* sqlite_lines = R"sql(UPDATE jobs
   SET run_at = (SELECT queued_at FROM job_waiting WHERE job = id)
 WHERE status = 'pending' AND run_at = 253402300799999999 AND blocked_by = 0
   AND not_before IS NOT NULL AND id IN (SELECT job FROM job_waiting);
DROP TABLE job_waiting;
CREATE TABLE job_waiting (
    job            TEXT   NOT NULL PRIMARY KEY,
    line           TEXT   NOT NULL,
    queue          TEXT   NOT NULL,
    queued_at      BIGINT NOT NULL,
    job_revision   BIGINT NOT NULL,
    job_created_at BIGINT NOT NULL,
    told           TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_waiting_in_line ON job_waiting (line, queued_at, job, queue);
DROP TABLE job_lines;
CREATE TABLE job_lines (
    line       TEXT   NOT NULL PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_lines_due ON job_lines (due_at);
CREATE INDEX job_lines_updated ON job_lines (updated_at);
)sql";

/// Steps have rows of their own: see job_steps.hpp.
constexpr const char* sqlite_steps = R"sql(CREATE TABLE job_steps (
    job    TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    number BIGINT NOT NULL,
    result TEXT   NOT NULL,
    PRIMARY KEY (job, name)
);
INSERT OR IGNORE INTO job_steps (job, name, number, result)
SELECT job, value ->> 'name', key + 1, value ->> 'result'
  FROM (SELECT id AS job, steps FROM jobs WHERE steps IS NOT NULL) AS old, json_each(old.steps)
 ORDER BY key;
UPDATE jobs SET steps = (SELECT CAST(max(number) AS text) FROM job_steps WHERE job = id)
 WHERE steps IS NOT NULL;
)sql";

/// The latest time that a sweep has seen: see StoreClock.
constexpr const char* sqlite_clock = R"sql(CREATE TABLE job_clock (
    id     INTEGER NOT NULL PRIMARY KEY,
    latest BIGINT  NOT NULL
);
INSERT INTO job_clock (id, latest) VALUES (1, 0);
)sql";

/// Whether a job was claimed ahead and has not started, and whether a worker was lost that had: see
/// JobStore::rescue().
constexpr const char* sqlite_ahead =
    R"sql(ALTER TABLE jobs ADD COLUMN claimed_ahead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lost_ahead INTEGER NOT NULL DEFAULT 0;
)sql";

/// Writes out each `@column` of the view as the column's time in ISO 8601, to the microsecond.
/// `run_at` is that of readers, as in columns::job.
std::string with_readable_times(std::string_view sql) {
    std::string out;
    for (auto at = sql.find('@'); at != sql.npos; at = sql.find('@')) {
        const auto end = sql.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
        const std::string column(sql.substr(at + 1, end - at - 1));
        out += sql.substr(0, at);
        out += fmt::format("strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000, 'unixepoch')"
                           " || printf('.%06dZ', {0} % 1000000) AS {1}",
                           column == "run_at" ? "coalesce(not_before, run_at)" : column, column);
        sql.remove_prefix(end);
    }
    return out.append(sql);
}

/// How long the latest lease was given for. Of leases that are older than this column it is not
/// known; an executor gives them for a day at most.
constexpr const char* sqlite_lease =
    R"sql(ALTER TABLE jobs ADD COLUMN lease_for BIGINT NOT NULL DEFAULT 86400000000;
)sql";

/// Limits' tables and columns are named as in the rest of the library.
constexpr const char* sqlite_limits = R"sql(CREATE TABLE job_buckets (
    bucket     TEXT   NOT NULL PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO job_buckets (bucket, next_at, due_at, updated_at)
SELECT line, next_at, due_at, updated_at FROM job_lines;
DROP TABLE job_lines;
CREATE INDEX job_buckets_due ON job_buckets (due_at);
CREATE INDEX job_buckets_updated ON job_buckets (updated_at);
CREATE TABLE job_slots (
    bucket      TEXT   NOT NULL,
    job         TEXT   NOT NULL,
    fence       BIGINT NOT NULL,
    admitted_at BIGINT,
    PRIMARY KEY (bucket, job)
) WITHOUT ROWID;
INSERT INTO job_slots (bucket, job, fence, admitted_at)
SELECT line, job, fence, called_at FROM job_places;
DROP TABLE job_places;
DROP INDEX job_waiting_in_line;
ALTER TABLE job_waiting RENAME COLUMN line TO bucket;
ALTER TABLE job_waiting RENAME COLUMN told TO reported;
CREATE INDEX job_waiting_in_bucket ON job_waiting (bucket, queued_at, job, queue);
ALTER TABLE job_limits RENAME COLUMN per TO scope;
ALTER TABLE job_limits RENAME COLUMN in_turn TO round_robin;
)sql";

/// How long a failed job is kept. Jobs that are older than this column have their retention.
constexpr const char* sqlite_keep_failed =
    R"sql(ALTER TABLE jobs ADD COLUMN keep_failed BIGINT;
)sql";

/// Workers, what they did, and what operators did.
constexpr const char* sqlite_fleet =
    R"sql(CREATE TABLE job_workers (
    worker            TEXT    NOT NULL PRIMARY KEY,
    host              TEXT    NOT NULL DEFAULT '',
    process           BIGINT  NOT NULL DEFAULT 0,
    version           TEXT    NOT NULL DEFAULT '',
    started_at        BIGINT  NOT NULL DEFAULT 0,
    state             TEXT    NOT NULL DEFAULT 'running',
    concurrency       BIGINT  NOT NULL DEFAULT 0,
    running           BIGINT  NOT NULL DEFAULT 0,
    queues            TEXT    NOT NULL DEFAULT '',
    types             TEXT    NOT NULL DEFAULT '',
    next_within       BIGINT  NOT NULL DEFAULT 0,
    last_heartbeat    BIGINT  NOT NULL DEFAULT 0,
    run               BIGINT  NOT NULL DEFAULT 0,
    number            BIGINT  NOT NULL DEFAULT 0,
    order_number      BIGINT  NOT NULL DEFAULT 0,
    order_quiet       INTEGER,
    order_concurrency INTEGER,
    order_expires_at  BIGINT
);
CREATE TABLE job_tallies (
    period     TEXT   NOT NULL,
    start      BIGINT NOT NULL,
    queue      TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    error_code TEXT   NOT NULL,
    total      BIGINT NOT NULL,
    w0         BIGINT NOT NULL,
    w1         BIGINT NOT NULL,
    w2         BIGINT NOT NULL,
    w3         BIGINT NOT NULL,
    w4         BIGINT NOT NULL,
    w5         BIGINT NOT NULL,
    w6         BIGINT NOT NULL,
    w7         BIGINT NOT NULL,
    w8         BIGINT NOT NULL,
    w9         BIGINT NOT NULL,
    w10        BIGINT NOT NULL,
    w11        BIGINT NOT NULL,
    w12        BIGINT NOT NULL,
    w13        BIGINT NOT NULL,
    waited     BIGINT NOT NULL,
    r0         BIGINT NOT NULL,
    r1         BIGINT NOT NULL,
    r2         BIGINT NOT NULL,
    r3         BIGINT NOT NULL,
    r4         BIGINT NOT NULL,
    r5         BIGINT NOT NULL,
    r6         BIGINT NOT NULL,
    r7         BIGINT NOT NULL,
    r8         BIGINT NOT NULL,
    r9         BIGINT NOT NULL,
    r10        BIGINT NOT NULL,
    r11        BIGINT NOT NULL,
    r12        BIGINT NOT NULL,
    r13        BIGINT NOT NULL,
    ran        BIGINT NOT NULL,
    PRIMARY KEY (period, start, queue, type, outcome, error_code)
);
CREATE TABLE job_audit (
    id          TEXT   NOT NULL PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    who         TEXT   NOT NULL,
    origin      TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    target      TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    outcome     TEXT   NOT NULL
);
)sql";

} // namespace

std::span<const Migration> sqlite_migrations() {
    static const std::array<Migration, 9> steps = {{{1, with_readable_times(sqlite_tables)},
                                                    {2, sqlite_lines},
                                                    {3, sqlite_steps},
                                                    {4, sqlite_clock},
                                                    {5, sqlite_ahead},
                                                    {6, sqlite_lease},
                                                    {7, sqlite_limits},
                                                    {8, sqlite_keep_failed},
                                                    {9, sqlite_fleet}}};
    return steps;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
