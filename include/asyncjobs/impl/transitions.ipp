#pragma once

#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::transitions {
namespace detail {

inline void touch(Job& job, Timestamp now) {
    ++job.revision;
    job.updated_at = now;
}

inline void finish(Job& job, JobStatus status, Timestamp now) {
    job.status = status;
    job.blocked_by = 0;
    job.lease_expires_at.reset();
    job.finished_at = now;
    job.expires_at = now + (status == JobStatus::failed ? job.keep_failed : job.retention);
}

inline void refund_attempt(Job& job) { job.attempt = std::max(job.attempt - 1, 0); }

} // namespace detail

ASYNCJOBS_INLINE Timestamp run_at_of(const NewJob& job, Timestamp now) {
    return job.run_at.value_or(now + job.delay);
}

ASYNCJOBS_INLINE std::optional<Timestamp> deadline_of(const NewJob& job, Timestamp run_at) {
    return job.start_within > Duration::zero() ? run_at + job.start_within : job.deadline;
}

ASYNCJOBS_INLINE Duration keep_failed_of(const NewJob& job) noexcept {
    return job.keep_failed.value_or(job.retention);
}

ASYNCJOBS_INLINE std::optional<JobStatus> status_after(Settlement::Kind kind,
                                                       bool cancel_requested) noexcept {
    using Kind = Settlement::Kind;
    switch (kind) {
    case Kind::completed:
        return JobStatus::completed;
    case Kind::failed:
        return JobStatus::failed;
    case Kind::cancelled:
        return cancel_requested ? std::optional(JobStatus::cancelled) : std::nullopt;
    case Kind::retried:
    case Kind::released:
        break;
    }
    return cancel_requested ? JobStatus::cancelled : JobStatus::pending;
}

ASYNCJOBS_INLINE StoredJob make_job(const NewJob& wanted, std::size_t parents,
                                    std::int64_t used_fence, Timestamp now) {
    StoredJob job;
    make_job(job, wanted, parents, used_fence, now);
    return job;
}

ASYNCJOBS_INLINE void make_job(StoredJob& job, const NewJob& wanted, std::size_t parents,
                               std::int64_t used_fence, Timestamp now) {
    job.id = wanted.id;
    job.type = wanted.type;
    job.queue = wanted.queue;
    job.owner = wanted.owner;
    job.priority = wanted.priority;
    job.input = wanted.input;
    job.metadata = wanted.metadata;
    job.max_attempts = wanted.max_attempts;
    job.fence = used_fence;
    job.unique_key = wanted.unique_key;
    job.idempotency_key = wanted.idempotency_key;
    job.limit_key = wanted.limit_key;
    job.parents = job.blocked_by = static_cast<int>(parents);
    if (!wanted.after.empty()) job.on_parent_failure = wanted.on_parent_failure;
    job.timeout = wanted.timeout;
    job.retention = wanted.retention;
    job.keep_failed = keep_failed_of(wanted);
    job.created_at = job.updated_at = now;
    job.run_at = run_at_of(wanted, now);
    job.deadline = deadline_of(wanted, job.run_at);
}

ASYNCJOBS_INLINE bool replace(StoredJob& job, const NewJob& wanted, Timestamp now) {
    if (wanted.on_conflict != OnConflict::replace || job.status != JobStatus::pending) return false;
    job.input = wanted.input;
    job.run_at = run_at_of(wanted, now);
    detail::touch(job, now);
    return true;
}

ASYNCJOBS_INLINE void claim(StoredJob& job, const ClaimRequest& request, Timestamp now) {
    job.status = JobStatus::processing;
    ++job.attempt;
    ++job.fence;
    job.progress = {};
    job.worker = request.worker;
    job.started_at = now;
    job.lease_expires_at = now + request.lease_for;
    job.lease_for = request.lease_for;
    job.ahead.claimed = request.ahead;
    detail::touch(job, now);
}

ASYNCJOBS_INLINE Settled settle(StoredJob& job, const Settlement& settlement, Timestamp now) {
    using Kind = Settlement::Kind;
    const Kind kind = settlement.kind();
    if (!is_held(job, settlement.lease())) return {};
    const auto status = status_after(kind, job.cancel_requested_at.has_value());
    if (!status) return {};
    advance(job.progress, settlement.progress());
    if (kind == Kind::completed) {
        job.progress.percent = 100;
        job.result = settlement.result();
        job.error.reset();
    }
    if (records_error(kind)) record_error(job, settlement.error(), now);
    if (kind == Kind::released) detail::refund_attempt(job);
    if (is_finished(*status)) {
        detail::finish(job, *status, now);
    } else {
        job.status = *status;
        job.lease_expires_at.reset();
        if (!settlement.keeps_place()) job.run_at = now + settlement.delay();
    }
    detail::touch(job, now);
    return {true, *status};
}

ASYNCJOBS_INLINE Renewal heartbeat(StoredJob& job, const Heartbeat& heartbeat, Duration lease_for,
                                   Timestamp now) {
    const Renewal renewal = check_lease(job, heartbeat.lease);
    if (!renewal.kept) return renewal;
    job.lease_expires_at = now + lease_for;
    job.lease_for = lease_for;
    if (advance(job.progress, heartbeat.progress)) detail::touch(job, now);
    if (heartbeat.step) add_step(job.steps, *heartbeat.step);
    if (heartbeat.started) job.ahead = {};
    return renewal;
}

ASYNCJOBS_INLINE Renewal check_lease(const Job& job, const LeaseRef& lease) noexcept {
    const bool held = is_held(job, lease);
    return {held, held && job.cancel_requested_at.has_value()};
}

ASYNCJOBS_INLINE void expire_lease(StoredJob& job, int crash_limit, Timestamp now) {
    const bool is_crash = !job.ahead.claimed;
    job.ahead.lost = !is_crash;
    if (is_crash) ++job.crashes;
    const bool fails = is_crash && job.crashes >= crash_limit;
    if (fails) record_error(job, worker_lost(), now);
    detail::refund_attempt(job);
    if (fails) {
        detail::finish(job, JobStatus::failed, now);
    } else if (job.cancel_requested_at) {
        detail::finish(job, JobStatus::cancelled, now);
    } else {
        job.status = JobStatus::pending;
        job.lease_expires_at.reset();
        if (is_crash) job.run_at = now;
    }
    detail::touch(job, now);
}

ASYNCJOBS_INLINE CancelOutcome cancel(StoredJob& job, const Cancellation& cancellation,
                                      Timestamp now) {
    if (job.status == JobStatus::cancelled) return CancelOutcome::already_cancelled;
    if (is_finished(job.status)) return CancelOutcome::already_finished;
    const bool is_pending = job.status == JobStatus::pending;
    const bool is_at_once = is_pending || cancellation.force;
    if (!is_at_once && job.cancel_requested_at) return CancelOutcome::requested;
    if (!is_pending) job.cancel_requested_at = job.cancel_requested_at.value_or(now);
    job.cancel_reason = cancellation.reason;
    detail::touch(job, now);
    if (!is_at_once) return CancelOutcome::requested;
    detail::finish(job, JobStatus::cancelled, now);
    return CancelOutcome::cancelled;
}

ASYNCJOBS_INLINE RetryOutcome check_restart(const Job& job) noexcept {
    if (!is_finished(job.status)) return RetryOutcome::not_finished;
    return job.status == JobStatus::completed ? RetryOutcome::already_completed
                                              : RetryOutcome::retried;
}

ASYNCJOBS_INLINE void restart(StoredJob& job, Timestamp now) {
    job.status = JobStatus::pending;
    job.run_at = now;
    job.attempt = job.crashes = 0;
    job.ahead = {};
    job.progress = {};
    job.error.reset();
    job.attempt_errors.clear();
    job.deadline.reset();
    job.cancel_requested_at.reset();
    job.cancel_reason.clear();
    job.finished_at.reset();
    job.expires_at.reset();
    detail::touch(job, now);
}

ASYNCJOBS_INLINE RunNowOutcome run_now(StoredJob& job, Timestamp now) {
    if (is_finished(job.status)) return RunNowOutcome::already_finished;
    if (job.status == JobStatus::processing) return RunNowOutcome::already_running;
    if (job.blocked_by > 0) return RunNowOutcome::blocked;
    if (job.run_at <= now) return RunNowOutcome::already_due;
    job.run_at = now;
    detail::touch(job, now);
    return RunNowOutcome::made_due;
}

ASYNCJOBS_INLINE bool parents_finished(StoredJob& job, int count, const Job* unsuccessful,
                                       Timestamp now) {
    if (job.status != JobStatus::pending || job.blocked_by == 0) return false;
    job.blocked_by -= count;
    if (unsuccessful && job.on_parent_failure != OnParentFailure::run) {
        auto why = parent_failed(unsuccessful->id, unsuccessful->status);
        const bool fails = job.on_parent_failure == OnParentFailure::fail;
        if (fails)
            job.error = std::move(why);
        else
            job.cancel_reason = std::move(why.message);
        detail::finish(job, fails ? JobStatus::failed : JobStatus::cancelled, now);
    } else if (job.blocked_by == 0) {
        job.run_at = std::max(job.run_at, now);
    }
    detail::touch(job, now);
    return true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::transitions
