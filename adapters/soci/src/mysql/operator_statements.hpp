#pragma once

#include "mysql/fleet_statements.hpp"
#include "statements/operator_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

/// The index of pending jobs begins with their queue, and that of finished ones has no status: see
/// OperatorStatements.
inline constexpr OperatorStatements operator_statements = {
    .count_pending = {"operators.count_pending", ""},
    .count_failed = {"operators.count_failed", R"sql(
        SELECT count(*) FROM (SELECT id FROM jobs FORCE INDEX (jobs_stopped)
                               WHERE stopped_as = 'failed' ORDER BY id LIMIT :most) AS found
    )sql",
                     columns::one_number},
    .count_cancelled = {"operators.count_cancelled", R"sql(
        SELECT count(*) FROM (SELECT id FROM jobs FORCE INDEX (jobs_stopped)
                               WHERE stopped_as = 'cancelled' ORDER BY id LIMIT :most) AS found
    )sql",
                        columns::one_number},
    .count_finished = {"operators.count_finished", R"sql(
        SELECT count(*), count(completed_at)
          FROM (SELECT completed_at FROM {finished_jobs} AND expires_at >= :watermark
                 ORDER BY type, expires_at LIMIT :most) AS found
    )sql",
                       columns::two_numbers},
    .next_queue = {"operators.next_queue", R"sql(
        SELECT queue FROM jobs FORCE INDEX (jobs_due) WHERE queue > :after {by_range}
         ORDER BY queue LIMIT 1
    )sql",
                   columns::one_text},
    .processing = {"operators.processing", R"sql(
        SELECT queue, count(*)
          FROM (SELECT queue FROM jobs FORCE INDEX (jobs_lease)
                 WHERE lease_expires_at >= :watermark {by_range}
                 ORDER BY lease_expires_at LIMIT :most)
               AS found
         GROUP BY queue
    )sql",
                   columns::name_and_number},
    .first_due = {"operators.first_due", R"sql(
        SELECT COALESCE(not_before, run_at) FROM {jobs_of_queue}
           AND due_slot >= :watermark DIV 262144 AND due_slot <= :until DIV 262144
           AND run_at >= :watermark AND run_at <= :until {by_range}
         ORDER BY queue, due_slot, run_at, id LIMIT 1
    )sql",
                  columns::one_number},
    .count_later = {"operators.count_later", R"sql(
        SELECT count(*), count(nullif(blocked_by, 0)), count(waits_in)
          FROM (SELECT blocked_by, {bucket_of_later_job} AS waits_in FROM {jobs_of_queue}
                   AND due_slot >= :watermark DIV 262144 AND due_slot <= :until DIV 262144
                   AND run_at > :watermark AND run_at <= :until {by_range}
                 ORDER BY queue, due_slot, run_at, id LIMIT :most) AS found
    )sql",
                    columns::three_numbers},
    .processing_ids = {"operators.processing_ids", R"sql(
        SELECT id FROM jobs FORCE INDEX (jobs_lease)
         WHERE lease_expires_at >= :watermark {by_range}
         ORDER BY lease_expires_at LIMIT :most
    )sql",
                       columns::one_text},
    .parents = {"operators.parents", R"sql(
        SELECT parent FROM job_dependencies FORCE INDEX (job_dependencies_of)
         WHERE child = :id LIMIT :most
    )sql",
                columns::one_text},
    .children = {"operators.children", R"sql(
        SELECT child FROM job_dependencies FORCE INDEX (PRIMARY)
         WHERE parent = :id AND child < :before ORDER BY child DESC LIMIT :most
    )sql",
                 columns::one_text},
    .open_parents = {"operators.open_parents", R"sql(
        SELECT parent FROM job_dependencies FORCE INDEX (job_dependencies_of)
         WHERE child = :id AND is_open = 1 LIMIT :most
    )sql",
                     columns::one_text},
    .count_before = {"operators.count_before", R"sql(
        SELECT count(*)
          FROM (SELECT id FROM {jobs_of_queue} AND due_slot <= :run_at DIV 262144
                   AND (run_at < :run_at OR run_at = :run_at AND id < :id) {by_range}
                 ORDER BY queue, due_slot, run_at, id LIMIT :most) AS found
    )sql",
                     columns::one_number},
    .count_before_in_bucket = {"operators.count_before_in_bucket", R"sql(
        SELECT count(*)
          FROM (SELECT job FROM job_waiting FORCE INDEX (job_waiting_in_bucket)
                 WHERE bucket = :bucket AND queued_at <= :queued_at
                   AND (queued_at < :queued_at OR job < :id)
                   AND job_revision = {revision_that_waits}
                 ORDER BY queued_at, job LIMIT :most) AS found
    )sql",
                               columns::one_number},
    .holders = {"operators.holders", R"sql(
        SELECT job FROM job_slots FORCE INDEX (PRIMARY)
         WHERE bucket = :bucket AND fence > 0
           AND fence = (SELECT CASE WHEN status = 'processing' THEN jobs.fence END
                          FROM jobs WHERE id = job)
         ORDER BY job LIMIT :most
    )sql",
                columns::one_text},
    .fleet = fleet_statements,
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
