#include "mysql/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

// What is compared is VARBINARY: the collations that compare byte for byte with trailing blanks
// have different names on MySQL and MariaDB. Partial indexes do not exist; where one would hold the
// rows of some statuses, a generated column is null in the others. `to_unblock` is what promote()
// has to do: -1, to notify the children; otherwise from when on, to give a job its head start.
constexpr const char* mysql_tables = R"sql(CREATE TABLE IF NOT EXISTS asyncjobs_schema (
    version    INT    NOT NULL PRIMARY KEY,
    applied_at BIGINT NOT NULL
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS jobs (
    id                  VARBINARY(39)  NOT NULL PRIMARY KEY,
    type                VARBINARY(100) NOT NULL,
    queue               VARBINARY(100) NOT NULL,
    owner               VARBINARY(255) NOT NULL,
    status              VARBINARY(10)  NOT NULL
        CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    progress            INT            NOT NULL DEFAULT 0,
    message             TEXT           NOT NULL DEFAULT (''),
    attempt             INT            NOT NULL DEFAULT 0,
    priority            INT            NOT NULL DEFAULT 0,
    max_attempts        INT            NOT NULL,
    crashes             INT            NOT NULL DEFAULT 0,
    fence               BIGINT         NOT NULL DEFAULT 0,
    revision            BIGINT         NOT NULL DEFAULT 1,
    worker              VARBINARY(255) NOT NULL DEFAULT '',
    unique_key          VARBINARY(255),
    idempotency_key     VARBINARY(255),
    limit_key           VARBINARY(255),
    timeout             BIGINT         NOT NULL,
    retention           BIGINT         NOT NULL,
    created_at          BIGINT         NOT NULL,
    updated_at          BIGINT         NOT NULL,
    run_at              BIGINT         NOT NULL,
    started_at          BIGINT,
    completed_at        BIGINT,
    failed_at           BIGINT,
    cancelled_at        BIGINT,
    cancel_requested_at BIGINT,
    lease_expires_at    BIGINT,
    expires_at          BIGINT,
    deadline            BIGINT,
    not_before          BIGINT,
    parents             INT            NOT NULL DEFAULT 0,
    blocked_by          INT            NOT NULL DEFAULT 0,
    dependents          INT            NOT NULL DEFAULT 0,
    on_parent_failure   VARBINARY(10),
    live_key            VARBINARY(255)
        GENERATED ALWAYS AS (IF(status IN ('pending', 'processing'), unique_key, NULL)) STORED,
    stopped_as          VARBINARY(10)
        GENERATED ALWAYS AS (IF(status IN ('failed', 'cancelled'), status, NULL)) STORED,
    to_unblock          BIGINT GENERATED ALWAYS AS
        (IF(dependents = 1 AND status IN ('completed', 'failed', 'cancelled'), -1,
         IF(status = 'pending' AND priority > 0 AND not_before IS NULL, run_at, NULL))) STORED,
    input               LONGTEXT       NOT NULL,
    metadata            TEXT,
    result              LONGTEXT,
    error               LONGTEXT,
    attempt_errors      LONGTEXT,
    cancel_reason       TEXT,
    steps               LONGTEXT,
    KEY jobs_due (status, queue, run_at),
    KEY jobs_lease (lease_expires_at, worker),
    KEY jobs_finished (type, expires_at),
    KEY jobs_stopped (stopped_as),
    KEY jobs_owner (owner),
    KEY jobs_to_unblock (to_unblock),
    UNIQUE KEY jobs_unique_key (live_key),
    UNIQUE KEY jobs_idempotency_key (idempotency_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS job_dependencies (
    parent  VARBINARY(39) NOT NULL,
    child   VARBINARY(39) NOT NULL,
    is_open INT           NOT NULL,
    PRIMARY KEY (parent, child),
    KEY job_dependencies_of (child)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_limits (
    name        VARBINARY(100) NOT NULL PRIMARY KEY,
    queue       VARBINARY(100) NOT NULL,
    type        VARBINARY(100) NOT NULL,
    per         VARBINARY(10)  NOT NULL CHECK (per IN ('limit', 'owner', 'key')),
    concurrency INT            NOT NULL,
    rate        INT            NOT NULL,
    period      BIGINT         NOT NULL,
    burst       INT            NOT NULL,
    in_turn     INT            NOT NULL,
    updated_at  BIGINT         NOT NULL
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_lines (
    line          VARBINARY(640) NOT NULL PRIMARY KEY,
    next_at       BIGINT         NOT NULL,
    offered_until BIGINT         NOT NULL
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_places (
    line      VARBINARY(640) NOT NULL,
    job       VARBINARY(39)  NOT NULL,
    fence     BIGINT         NOT NULL,
    called_at BIGINT,
    PRIMARY KEY (line, job)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_waiting (
    job       VARBINARY(39)  NOT NULL PRIMARY KEY,
    line      VARBINARY(640) NOT NULL,
    queue     VARBINARY(100) NOT NULL,
    queued_at BIGINT         NOT NULL,
    is_timed  INT            NOT NULL,
    KEY job_waiting_in_line (line, is_timed, queued_at, job)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_tombstones (
    id         VARBINARY(39)  NOT NULL PRIMARY KEY,
    owner      VARBINARY(255) NOT NULL,
    expires_at BIGINT         NOT NULL,
    KEY job_tombstones_end (expires_at)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_fences (
    id   INT    NOT NULL PRIMARY KEY,
    used BIGINT NOT NULL
) ENGINE = InnoDB;
INSERT IGNORE INTO job_fences (id, used) VALUES (1, 0);
CREATE TABLE IF NOT EXISTS job_queues (
    name       VARBINARY(100) NOT NULL PRIMARY KEY,
    paused     INT            NOT NULL DEFAULT 0,
    updated_at BIGINT         NOT NULL
) ENGINE = InnoDB;
CREATE OR REPLACE SQL SECURITY INVOKER VIEW jobs_readable AS
SELECT $id, $type, $queue, $owner, $status, progress, message, input, metadata, result, error, attempt_errors, attempt,
       priority, max_attempts, crashes, fence, revision, $worker, $unique_key, $idempotency_key, $limit_key, parents, blocked_by, cancel_reason,
       steps,
       timeout * 0.000001 AS timeout_seconds, retention * 0.000001 AS retention_seconds,
       @created_at, @updated_at, @run_at, @started_at, @completed_at, @failed_at, @cancelled_at,
       @cancel_requested_at, @lease_expires_at, @expires_at, @deadline
  FROM jobs;
)sql";

/// Writes out each `$column` of the view as text, and each `@column` as the column's time in ISO
/// 8601, to the microsecond. `run_at` is that of readers, as in columns::job.
std::string with_readable_columns(std::string_view sql) {
    std::string out;
    for (auto at = sql.find_first_of("$@"); at != sql.npos; at = sql.find_first_of("$@")) {
        const auto end = sql.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
        const std::string column(sql.substr(at + 1, end - at - 1));
        out += sql.substr(0, at);
        if (sql[at] == '$')
            out += fmt::format("CONVERT({0} USING utf8mb4) AS {0}", column);
        else
            out +=
                fmt::format("DATE_FORMAT(TIMESTAMPADD(MICROSECOND, {0}, '1970-01-01 00:00:00'), "
                            "'%Y-%m-%dT%H:%i:%s.%fZ') AS {1}",
                            column == "run_at" ? "coalesce(not_before, run_at)" : column, column);
        sql.remove_prefix(end);
    }
    return out.append(sql);
}

/// A job that waits for a limit waits for its revision, and buckets have a time at which to look at
/// them. What the update reads may have been dropped by a migration that broke off.
std::string mysql_lines() {
    const std::string make_waiting = R"sql(CREATE TABLE IF NOT EXISTS job_waiting (
    job            VARBINARY(39)   NOT NULL PRIMARY KEY,
    line           VARBINARY(640)  NOT NULL,
    queue          VARBINARY(100)  NOT NULL,
    queued_at      BIGINT          NOT NULL,
    job_revision   BIGINT          NOT NULL,
    job_created_at BIGINT          NOT NULL,
    told           VARBINARY(8000) NOT NULL,
    KEY job_waiting_in_line (line, queued_at, job)
) ENGINE = InnoDB;
)sql";
    return make_waiting + R"sql(UPDATE jobs JOIN job_waiting ON job = id
   SET run_at = queued_at
 WHERE status = 'pending' AND run_at = 253402300799999999 AND blocked_by = 0
   AND not_before IS NOT NULL;
DROP TABLE IF EXISTS job_waiting;
)sql" + make_waiting +
           R"sql(DROP TABLE IF EXISTS job_lines;
CREATE TABLE IF NOT EXISTS job_lines (
    line       VARBINARY(640) NOT NULL PRIMARY KEY,
    next_at    BIGINT         NOT NULL,
    due_at     BIGINT         NOT NULL,
    updated_at BIGINT         NOT NULL,
    KEY job_lines_due (due_at),
    KEY job_lines_updated (updated_at)
) ENGINE = InnoDB;
)sql";
}

/// Steps have rows of their own: see job_steps.hpp.
constexpr const char* mysql_steps = R"sql(CREATE TABLE IF NOT EXISTS job_steps (
    job    VARBINARY(39)  NOT NULL,
    name   VARBINARY(100) NOT NULL,
    number BIGINT         NOT NULL,
    result LONGTEXT       NOT NULL,
    PRIMARY KEY (job, name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO job_steps (job, name, number, result)
SELECT id, new_name, new_number, new_result
  FROM jobs, JSON_TABLE(steps, '$[*]' COLUMNS (
       new_number FOR ORDINALITY,
       new_name longtext CHARACTER SET utf8mb4 PATH '$.name',
       new_result longtext CHARACTER SET utf8mb4 PATH '$.result')) AS old
 WHERE steps LIKE '[%'
    ON DUPLICATE KEY UPDATE number = LEAST(number, new_number);
UPDATE jobs SET steps = (SELECT max(number) FROM job_steps WHERE job = id)
 WHERE steps LIKE '[%';
)sql";

/// Whether a job was claimed ahead and has not started, and whether a worker was lost that had: see
/// JobStore::rescue().
constexpr const char* mysql_ahead =
    R"sql(ALTER TABLE jobs ADD COLUMN claimed_ahead SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN lost_ahead SMALLINT NOT NULL DEFAULT 0;
)sql";

/// See mysql_slots.hpp. MySQL has no IF NOT EXISTS for a column, which is there if the migration
/// broke off.
constexpr const char* mysql_slots = R"sql(SET @asyncjobs_change = IF(
    EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
               AND table_name = 'jobs' AND column_name = 'due_slot'),
    'DO 0',
    'ALTER TABLE jobs DROP KEY jobs_due, ADD COLUMN due_slot BIGINT
        GENERATED ALWAYS AS (IF(status = ''pending'', run_at DIV 262144, NULL)) STORED,
        ADD KEY jobs_due (queue, due_slot, run_at)');
PREPARE asyncjobs_change FROM @asyncjobs_change;
EXECUTE asyncjobs_change;
DEALLOCATE PREPARE asyncjobs_change;
)sql";

/// How long the latest lease was given for. Of leases that are older than this column it is not
/// known; an executor gives them for a day at most.
constexpr const char* mysql_lease =
    R"sql(ALTER TABLE jobs ADD COLUMN lease_for BIGINT NOT NULL DEFAULT 86400000000;
)sql";

/// Limits' tables and columns are named as in the rest of the library. What is copied may have been
/// dropped by a migration that broke off. MySQL renames no column that a CHECK constraint names, so
/// that job_limits is copied twice.
std::string mysql_limits() {
    const std::string make_limits = R"sql(CREATE TABLE IF NOT EXISTS job_limits (
    name        VARBINARY(100) NOT NULL PRIMARY KEY,
    queue       VARBINARY(100) NOT NULL,
    type        VARBINARY(100) NOT NULL,
    scope       VARBINARY(10)  NOT NULL CHECK (scope IN ('limit', 'owner', 'key')),
    concurrency INT            NOT NULL,
    rate        INT            NOT NULL,
    period      BIGINT         NOT NULL,
    burst       INT            NOT NULL,
    round_robin INT            NOT NULL,
    updated_at  BIGINT         NOT NULL
) ENGINE = InnoDB;
)sql";
    return make_limits + R"sql(CREATE TABLE IF NOT EXISTS job_limits_copy LIKE job_limits;
INSERT IGNORE INTO job_limits_copy SELECT * FROM job_limits;
DROP TABLE IF EXISTS job_limits;
)sql" + make_limits +
           R"sql(INSERT IGNORE INTO job_limits SELECT * FROM job_limits_copy;
DROP TABLE IF EXISTS job_limits_copy;
CREATE TABLE IF NOT EXISTS job_lines (
    line       VARBINARY(640) NOT NULL PRIMARY KEY,
    next_at    BIGINT         NOT NULL,
    due_at     BIGINT         NOT NULL,
    updated_at BIGINT         NOT NULL
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_buckets (
    bucket     VARBINARY(640) NOT NULL PRIMARY KEY,
    next_at    BIGINT         NOT NULL,
    due_at     BIGINT         NOT NULL,
    updated_at BIGINT         NOT NULL,
    KEY job_buckets_due (due_at),
    KEY job_buckets_updated (updated_at)
) ENGINE = InnoDB;
INSERT IGNORE INTO job_buckets (bucket, next_at, due_at, updated_at)
SELECT line, next_at, due_at, updated_at FROM job_lines;
DROP TABLE IF EXISTS job_lines;
CREATE TABLE IF NOT EXISTS job_places (
    line      VARBINARY(640) NOT NULL,
    job       VARBINARY(39)  NOT NULL,
    fence     BIGINT         NOT NULL,
    called_at BIGINT,
    PRIMARY KEY (line, job)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS job_slots (
    bucket      VARBINARY(640) NOT NULL,
    job         VARBINARY(39)  NOT NULL,
    fence       BIGINT         NOT NULL,
    admitted_at BIGINT,
    PRIMARY KEY (bucket, job)
) ENGINE = InnoDB;
INSERT IGNORE INTO job_slots (bucket, job, fence, admitted_at)
SELECT line, job, fence, called_at FROM job_places;
DROP TABLE IF EXISTS job_places;
ALTER TABLE job_waiting RENAME COLUMN line TO bucket, RENAME COLUMN told TO reported,
    RENAME INDEX job_waiting_in_line TO job_waiting_in_bucket;
)sql";
}

/// How long a failed job is kept. Jobs that are older than this column have their retention.
constexpr const char* mysql_keep_failed =
    R"sql(ALTER TABLE jobs ADD COLUMN keep_failed BIGINT;
)sql";

/// Workers, what they did, and what operators did.
constexpr const char* mysql_fleet =
    R"sql(CREATE TABLE IF NOT EXISTS job_workers (
    worker            VARBINARY(255) NOT NULL PRIMARY KEY,
    host              VARBINARY(255) NOT NULL DEFAULT '',
    process           BIGINT         NOT NULL DEFAULT 0,
    version           VARBINARY(255) NOT NULL DEFAULT '',
    started_at        BIGINT         NOT NULL DEFAULT 0,
    state             VARBINARY(10)  NOT NULL DEFAULT 'running',
    concurrency       BIGINT         NOT NULL DEFAULT 0,
    running           BIGINT         NOT NULL DEFAULT 0,
    queues            LONGTEXT       NOT NULL DEFAULT (''),
    types             LONGTEXT       NOT NULL DEFAULT (''),
    next_within       BIGINT         NOT NULL DEFAULT 0,
    last_heartbeat    BIGINT         NOT NULL DEFAULT 0,
    run               BIGINT         NOT NULL DEFAULT 0,
    number            BIGINT         NOT NULL DEFAULT 0,
    order_number      BIGINT         NOT NULL DEFAULT 0,
    order_quiet       INT,
    order_concurrency INT,
    order_expires_at  BIGINT
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS job_tallies (
    period     VARBINARY(6)   NOT NULL,
    start      BIGINT         NOT NULL,
    queue      VARBINARY(100) NOT NULL,
    type       VARBINARY(100) NOT NULL,
    outcome    VARBINARY(10)  NOT NULL,
    error_code VARBINARY(255) NOT NULL,
    total      BIGINT         NOT NULL,
    w0         BIGINT         NOT NULL,
    w1         BIGINT         NOT NULL,
    w2         BIGINT         NOT NULL,
    w3         BIGINT         NOT NULL,
    w4         BIGINT         NOT NULL,
    w5         BIGINT         NOT NULL,
    w6         BIGINT         NOT NULL,
    w7         BIGINT         NOT NULL,
    w8         BIGINT         NOT NULL,
    w9         BIGINT         NOT NULL,
    w10        BIGINT         NOT NULL,
    w11        BIGINT         NOT NULL,
    w12        BIGINT         NOT NULL,
    w13        BIGINT         NOT NULL,
    waited     BIGINT         NOT NULL,
    r0         BIGINT         NOT NULL,
    r1         BIGINT         NOT NULL,
    r2         BIGINT         NOT NULL,
    r3         BIGINT         NOT NULL,
    r4         BIGINT         NOT NULL,
    r5         BIGINT         NOT NULL,
    r6         BIGINT         NOT NULL,
    r7         BIGINT         NOT NULL,
    r8         BIGINT         NOT NULL,
    r9         BIGINT         NOT NULL,
    r10        BIGINT         NOT NULL,
    r11        BIGINT         NOT NULL,
    r12        BIGINT         NOT NULL,
    r13        BIGINT         NOT NULL,
    ran        BIGINT         NOT NULL,
    PRIMARY KEY (period, start, queue, type, outcome, error_code)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS job_audit (
    id          VARBINARY(39)  NOT NULL PRIMARY KEY,
    recorded_at BIGINT         NOT NULL,
    who         VARBINARY(255) NOT NULL,
    origin      VARBINARY(255) NOT NULL,
    action      VARBINARY(255) NOT NULL,
    target      TEXT           NOT NULL,
    reason      TEXT           NOT NULL,
    outcome     TEXT           NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
)sql";

} // namespace

std::span<const Migration> mysql_migrations() {
    static const std::array<Migration, 9> steps = {{{1, with_readable_columns(mysql_tables)},
                                                    {2, mysql_lines()},
                                                    {3, mysql_steps},
                                                    {4, mysql_ahead},
                                                    {5, mysql_slots},
                                                    {6, mysql_lease},
                                                    {7, mysql_limits()},
                                                    {8, mysql_keep_failed},
                                                    {9, mysql_fleet}}};
    return steps;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
