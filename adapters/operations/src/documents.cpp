#include "documents.hpp"

#include <algorithm>
#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

std::string_view to_string(Count::Precision precision) noexcept {
    switch (precision) {
    case Count::Precision::exact:
        return "exact";
    case Count::Precision::at_least:
        return "at_least";
    case Count::Precision::about:
        return "about";
    }
    return "unknown";
}

std::string_view to_string(LimitScope scope) noexcept {
    switch (scope) {
    case LimitScope::limit:
        return "limit";
    case LimitScope::owner:
        return "owner";
    case LimitScope::key:
        return "key";
    }
    return "unknown";
}

std::optional<std::string> if_any(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::vector<std::string> texts_of(const std::vector<JobId>& ids) {
    std::vector<std::string> texts;
    texts.reserve(ids.size());
    for (const JobId& id : ids) texts.emplace_back(id.text());
    return texts;
}

HistogramDocument histogram_of(const TimeHistogram& times) {
    return {.counts = {times.counts.begin(), times.counts.end()}, .sum = times.sum};
}

OrderDocument order_of(const WorkerOrder& order) {
    return {.quiet = order.quiet, .concurrency = order.concurrency};
}

} // namespace

CountDocument document_of(const Count& count) {
    return {.value = count.value, .precision = std::string(to_string(count.precision))};
}

QueueDocument document_of(const QueueState& queue, Timestamp now) {
    QueueDocument document{.queue = queue.name,
                           .due = document_of(queue.due),
                           .scheduled = document_of(queue.scheduled),
                           .blocked = document_of(queue.blocked),
                           .throttled = document_of(queue.throttled),
                           .processing = document_of(queue.processing),
                           .paused_since = queue.paused_since,
                           .oldest_due = queue.oldest_due};
    if (queue.oldest_due)
        document.oldest_due_age = std::max(now - *queue.oldest_due, Duration::zero());
    return document;
}

JobDocument document_of(const Job& job) {
    JobDocument document{.job_id = std::string(job.id.text()),
                         .type = job.type,
                         .queue = job.queue,
                         .owner = if_any(job.owner),
                         .status = std::string(asyncjobs::to_string(job.status)),
                         .priority = job.priority,
                         .progress = job.progress.percent,
                         .message = if_any(job.progress.message),
                         .attempt = job.attempt,
                         .max_attempts = job.max_attempts,
                         .crashes = job.crashes,
                         .worker = if_any(job.worker),
                         .limit_key = job.limit_key,
                         .cancel_reason = if_any(job.cancel_reason),
                         .parents = job.parents,
                         .blocked_by = job.blocked_by,
                         .revision = job.revision,
                         .created_at = job.created_at,
                         .updated_at = job.updated_at,
                         .run_at = job.run_at,
                         .deadline = job.deadline,
                         .started_at = job.started_at,
                         .finished_at = job.finished_at,
                         .cancel_requested_at = job.cancel_requested_at,
                         .lease_expires_at = job.lease_expires_at,
                         .expires_at = job.expires_at};
    if (job.error)
        document.error = JobErrorDocument{.code = job.error->code, .message = job.error->message};
    return document;
}

LimitDocument document_of(const Limit& limit) {
    return {.name = limit.name,
            .queue = limit.queue,
            .type = std::string(limit.type),
            .scope = std::string(to_string(limit.scope)),
            .concurrency = limit.concurrency,
            .rate = limit.rate,
            .period = limit.period,
            .burst = limit.burst,
            .round_robin = limit.round_robin};
}

LimitWaitDocument document_of(const LimitWait& wait) {
    return {.limit = document_of(wait.limit),
            .counted_for = wait.counted_for,
            .before = document_of(wait.before),
            .held = wait.held,
            .holders = texts_of(wait.holders),
            .next_start = wait.next_start};
}

WhyDocument document_of(const JobWait& wait) {
    WhyDocument document{.sentence = describe(wait),
                         .status = std::string(asyncjobs::to_string(wait.status)),
                         .queue = if_any(wait.queue),
                         .paused_since = wait.paused_since,
                         .not_before = wait.not_before,
                         .blocked_by = wait.blocked_by,
                         .parents = texts_of(wait.parents),
                         .before = document_of(wait.before),
                         .now = wait.now};
    if (wait.limit) document.limit = document_of(*wait.limit);
    if (wait.workers)
        document.workers = WorkerWaitDocument{.workers = wait.workers->workers,
                                              .quiet = wait.workers->quiet,
                                              .busy = wait.workers->busy};
    return document;
}

std::string state_of(const WorkerRecord& worker, Timestamp now) {
    return is_dead(worker, now) ? "dead" : std::string(asyncjobs::to_string(worker.report.state));
}

WorkerDocument document_of(const WorkerRecord& worker, Timestamp now) {
    const WorkerReport& report = worker.report;
    WorkerDocument document{.worker = report.worker,
                            .host = report.host,
                            .process = report.process,
                            .version = report.version,
                            .started_at = report.started_at,
                            .state = state_of(worker, now),
                            .concurrency = report.concurrency,
                            .running = report.running,
                            .queues = report.queues,
                            .types = report.types,
                            .last_heartbeat = worker.last_heartbeat};
    if (worker.pending)
        document.pending_order =
            PendingOrderDocument{order_of(worker.pending->order), worker.pending->expires_at};
    return document;
}

TallyDocument document_of(const Tally& tally) {
    return {.start = tally.key.start,
            .queue = tally.key.queue,
            .type = tally.key.type,
            .outcome = std::string(asyncjobs::to_string(tally.key.outcome)),
            .error_code = if_any(tally.key.error_code),
            .count = tally.count,
            .waited = histogram_of(tally.waited),
            .ran = histogram_of(tally.ran)};
}

AuditEntryDocument document_of(const AuditEntry& entry) {
    return {.at = entry.at,
            .who = entry.who,
            .from = entry.from,
            .action = entry.action,
            .target = entry.target,
            .reason = entry.reason,
            .outcome = entry.outcome};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
