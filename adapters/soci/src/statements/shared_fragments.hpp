#pragma once

#include "statements/sql.hpp"

#include <asyncjobs/job.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared {

static_assert(priority_step == Duration{60'000'000}); // {step} of each dialect

/// Parts of statements that are the same in all dialects, but for `{step}`, `{step_parameter}`,
/// `{least}`, `{greatest}` and `{errors_with_entry}`, which each dialect names, as well as
/// `{error_head}`: the column `error` without the details, which are the last of its members.
inline constexpr Fragment fragments[] = {

    // Claims and leases

    {"is_taken", R"sql(
        status = 'processing', attempt = attempt + 1, fence = {next_fence},
        revision = revision + 1, progress = 0, message = '', worker = :worker,
        started_at = :now, updated_at = :now, lease_expires_at = :lease_expires_at,
        lease_for = :lease_for, claimed_ahead = :ahead)sql"},

    // The highest fence of a removed job: see raise_fences(). A claim gives a higher one, so that
    // an id that is submitted again never gets a fence twice. A submit can't do that: if it waits
    // for the removal of its id to commit, it does not see what the removal writes. Who sees the
    // new job does.
    {"used_fence", "SELECT used FROM job_fences WHERE id = 1"},
    {"next_fence", "{greatest}(fence, ({used_fence})) + 1"},

    // No lease of a living worker ends before :watermark, nor before now if the clock was set back.
    {"floor_or_now", "CASE WHEN :watermark < :now THEN :watermark ELSE :now END"},

    {"is_quarantined", "(claimed_ahead = 0 AND crashes + 1 >= :crash_limit)"},

    // Where a job stands in its queue that is given back without a delay, or was lost before it
    // started: where it stood, and not later than now, whatever the clock has done since.
    {"stood_at", "coalesce(not_before, run_at) - priority * {step}"},
    {"place", "{least}({stood_at}, :now)"},
    {"not_before_at_place", "nullif(coalesce(not_before, run_at), {place})"},

    // What a rescue makes of a job whose lease has expired. A job that is over keeps its times.
    // MySQL has its own: there, an assignment sees those to its left.
    {"is_rescued", R"sql(
        crashes = crashes + 1 - claimed_ahead, lost_ahead = claimed_ahead,
        attempt = {greatest}(attempt - 1, 0), lease_expires_at = NULL, updated_at = :now,
        revision = revision + 1,
        status = CASE WHEN {is_quarantined} THEN 'failed'
                      WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
                      ELSE 'pending' END,
        error = CASE WHEN {is_quarantined} THEN :error ELSE error END,
        attempt_errors = CASE WHEN {is_quarantined} THEN {errors_with_entry :entry}
                              ELSE attempt_errors END,
        failed_at = CASE WHEN {is_quarantined} THEN :now END,
        cancelled_at = CASE WHEN NOT {is_quarantined} AND cancel_requested_at IS NOT NULL
                            THEN :now END,
        expires_at = CASE WHEN {is_quarantined} THEN :now + coalesce(keep_failed, retention)
                          WHEN cancel_requested_at IS NOT NULL THEN :now + retention END,
        run_at = CASE WHEN {is_quarantined} OR cancel_requested_at IS NOT NULL THEN run_at
                      WHEN claimed_ahead = 1 THEN {place} ELSE :now END,
        not_before = CASE WHEN {is_quarantined} OR cancel_requested_at IS NOT NULL
                          THEN not_before
                          WHEN claimed_ahead = 1 THEN {not_before_at_place} END)sql"},

    {"is_to_advance", R"sql(
        status = 'pending' AND priority > 0 AND not_before IS NULL
        AND run_at >= :watermark AND run_at <= :now)sql"},
    {"advances", "not_before = run_at, run_at = run_at - priority * {step_parameter}"},

    // Steps

    {"latest_step", "CAST(coalesce(steps, '0') AS bigint)"},
    {"is_new_step", R"sql(
        EXISTS (SELECT 1 FROM job_steps
                 WHERE job = :id AND name = :name AND number > {latest_step}))sql"},

    // Retention

    {"past_tombstones", R"sql(
        SELECT id FROM job_tombstones WHERE expires_at >= :watermark AND expires_at <= :now
         ORDER BY expires_at LIMIT :n)sql"},

    {"holds_unique_key", "unique_key = :unique_key AND status IN ('pending', 'processing')"},

    // Changes by users

    {"restarts", R"sql(
        status = 'pending', run_at = :now, attempt = 0, crashes = 0, lost_ahead = 0, progress = 0,
        message = '', error = NULL, attempt_errors = NULL, cancel_requested_at = NULL,
        failed_at = NULL, cancelled_at = NULL, cancel_reason = NULL, deadline = NULL,
        not_before = NULL, expires_at = NULL, updated_at = :now, revision = revision + 1)sql"},
    {"becomes_due", "run_at = :now, not_before = NULL, updated_at = :now, revision = revision + 1"},
    // MySQL sees what is set before, so the status is not.
    {"cancels", R"sql(
        cancel_requested_at = CASE status WHEN 'processing' THEN coalesce(cancel_requested_at, :now)
                              END,
        status = 'cancelled', cancelled_at = :now, expires_at = :now + retention,
        cancel_reason = :reason, blocked_by = 0, lease_expires_at = NULL, updated_at = :now,
        revision = revision + 1)sql"},
    {"requests_cancel", R"sql(
        cancel_requested_at = :now, cancel_reason = :reason, updated_at = :now,
        revision = revision + 1)sql"},

    // Dependencies

    {"counts_down", R"sql(
        run_at = CASE WHEN new_left > 0 THEN run_at
                      WHEN not_before > :now THEN not_before ELSE :now END,
        not_before = CASE WHEN new_left > 0 THEN not_before END,
        blocked_by = new_left, updated_at = :now, revision = revision + 1)sql"},
    {"stops", R"sql(
        status = :status, failed_at = CASE WHEN :status = 'failed' THEN :now END,
        cancelled_at = CASE WHEN :status = 'cancelled' THEN :now END, blocked_by = 0,
        expires_at = :now + CASE WHEN :status = 'failed' THEN coalesce(keep_failed, retention)
                                 ELSE retention END,
        error = CASE WHEN :status = 'failed' THEN new_text ELSE error END,
        cancel_reason = CASE WHEN :status = 'cancelled' THEN new_text ELSE cancel_reason END,
        updated_at = :now, revision = revision + 1)sql"},
    {"can_be_stopped",
     "blocked_by > 0 AND dependents = 1 AND coalesce(on_parent_failure, '') <> 'run'"},
    {"blocks", R"sql(
        not_before = coalesce(not_before, run_at), run_at = :never, parents = new_count,
        blocked_by = new_count, on_parent_failure = new_text)sql"},

    // A clock that was set back

    {"moved_back", "{1} = CASE WHEN {1} <= updated_at + :by THEN {1} - :by ELSE {1} END"},

    // Limits

    // The revision that makes a row of job_waiting hold. A scalar subquery, as a join with jobs
    // may be planned as a scan of them. `status` is no condition, as an index of one status may
    // be taken for a better one than the primary key.
    {"revision_that_waits", R"sql(
        (SELECT CASE WHEN status = 'pending' AND created_at = job_created_at THEN revision END
           FROM jobs WHERE id = job))sql"},
    // Of a job; empty once a limit has admitted it. The range leaves no choice but the primary key,
    // whose order it needs.
    {"bucket_it_waits_in", R"sql(
        (SELECT nullif(bucket, '') FROM job_waiting
          WHERE job >= id AND job <= id
            AND job_revision = revision AND job_created_at = created_at
          ORDER BY job LIMIT 1))sql"},
    // A job that a limit has moved in its queue keeps its own time in `not_before`.
    {"bucket_of_later_job",
     "CASE WHEN not_before IS NOT NULL AND blocked_by = 0 THEN {bucket_it_waits_in} END"},
    {"waits_no_more", "coalesce({revision_that_waits}, -1) <> job_revision"},
    {"limits_of_queues", R"sql(
        SELECT {columns} FROM job_limits WHERE queue = '' OR queue IN)sql"},
    {"first_of_bucket", R"sql(
        bucket = :bucket AND coalesce((SELECT paused FROM job_queues WHERE name = queue), 0) = 0
        ORDER BY queued_at, job LIMIT :n)sql"},
    {"waiting_columns", "(job, bucket, queue, queued_at, job_revision, job_created_at, reported)"},
    // A due job has its head start, though the sweep may not have given it yet.
    {"waiting_row", R"sql(
        id, new_bucket, queue,
        CASE WHEN not_before IS NULL THEN run_at - priority * {step} ELSE run_at END,
        revision, created_at, new_text)sql"},
    // Elsewhere in its queue; readers still see its own time.
    {"is_queued_at", R"sql(
        not_before = nullif(coalesce(not_before, run_at), new_run_at), run_at = new_run_at)sql"},
    {"of_limit", "bucket >= :first AND bucket < :last"},

    // Tallies: `w0` and so on are the buckets of TimeHistogram for times that were waited, and `r0`
    // and so on those for times that jobs ran.
    {"tally_columns", R"sql(
        period, start, queue, type, outcome, error_code, total, w0, w1, w2, w3, w4, w5, w6, w7,
        w8, w9, w10, w11, w12, w13, waited, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11,
        r12, r13, ran)sql"},
    {"added_tally", R"sql(
        {added total}, {added w0}, {added w1}, {added w2}, {added w3}, {added w4}, {added w5},
        {added w6}, {added w7}, {added w8}, {added w9}, {added w10}, {added w11}, {added w12},
        {added w13}, {added waited}, {added r0}, {added r1}, {added r2}, {added r3}, {added r4},
        {added r5}, {added r6}, {added r7}, {added r8}, {added r9}, {added r10}, {added r11},
        {added r12}, {added r13}, {added ran})sql"},
    {"given_tally", R"sql(
        {given_text period 0}, {given start 1}, {given_text queue 2}, {given_text type 3},
        {given_text outcome 4}, {given_text error_code 5}, {given total 6}, {given w0 7},
        {given w1 8}, {given w2 9}, {given w3 10}, {given w4 11}, {given w5 12}, {given w6 13},
        {given w7 14}, {given w8 15}, {given w9 16}, {given w10 17}, {given w11 18},
        {given w12 19}, {given w13 20}, {given waited 21}, {given r0 22}, {given r1 23},
        {given r2 24}, {given r3 25}, {given r4 26}, {given r5 27}, {given r6 28},
        {given r7 29}, {given r8 30}, {given r9 31}, {given r10 32}, {given r11 33},
        {given r12 34}, {given r13 35}, {given ran 36})sql"},
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared
