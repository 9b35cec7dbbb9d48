#include "overview.hpp"

#include "service.hpp"

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

constexpr std::size_t queues_in_overview = 100;

void count_jobs(const StatusCounts& counts, OverviewDocument& document) {
    document.jobs = {{"pending", document_of(counts.pending)},
                     {"processing", document_of(counts.processing)},
                     {"completed", document_of(counts.completed)},
                     {"failed", document_of(counts.failed)},
                     {"cancelled", document_of(counts.cancelled)}};
}

} // namespace

Overview read_overview(OperatorStore& operators) {
    return {.counts = operators.counts(),
            .queues = operators.queues("", OperatorStore::max_queues),
            .workers = operators.workers("", OperatorStore::max_workers)};
}

/// Callers with a view of their own get no counts of all jobs.
OverviewDocument Service::document_for(const http::Principal& caller, const Overview& seen) const {
    OverviewDocument document{.more_queues = seen.queues.next.has_value(), .now = seen.counts.now};
    if (!options.visible) count_jobs(seen.counts, document);
    for (const WorkerRecord& worker : seen.workers.workers)
        ++document.workers[state_of(worker, seen.workers.now)];
    for (const QueueState& queue : seen.queues.queues) {
        if (!shows(caller, queue.name)) continue;
        auto one = document_of(queue, seen.queues.now);
        document.oldest_due_age = std::max(document.oldest_due_age, one.oldest_due_age);
        if (document.queues.size() < queues_in_overview)
            document.queues.push_back(std::move(one));
        else
            document.more_queues = true;
    }
    return document;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
