#include "findings.hpp"

#include <asyncjobs/detail/sentences.hpp>
#include <asyncjobs/store/operator_helpers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

using namespace std::chrono_literals;
using asyncjobs::detail::in_words;
using asyncjobs::detail::jobs_that;

constexpr Duration late_after = 5min;
constexpr Duration very_late_after = 1h;
constexpr Duration long_paused_after = 1h;
constexpr std::size_t most_searches = 20; ///< of one kind, in one reading
constexpr std::size_t most_looks = 100;   ///< jobs, in one search

constexpr Duration compared_with = 24h; ///< recent failures are
constexpr std::uint64_t few_failures = 10;
constexpr double usual_factor = 3;

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string due_jobs(const QueueState& queue) { return jobs_that(queue.due, "is due", "are due"); }

/// What failures are counted by: the queue, the type and the error code.
using FailureKey = std::tuple<std::string, std::string, std::string>;

/// The failures of a time.
struct Failures {
    std::map<FailureKey, std::uint64_t> counts = {};
    Duration length = {};
};

/// Reads one page: `length` is the time that it covers.
Failures read_failures(OperatorStore& operators, Timestamp since, Timestamp until) {
    const auto page = operators.history({.period = TallyPeriod::hour,
                                         .since = since,
                                         .until = until,
                                         .limit = HistoryQuery::max_limit});
    Failures failures{.length = (page.next ? page.next->start : until) - since};
    for (const Tally& tally : page.tallies)
        if (tally.key.outcome == TallyOutcome::failed || tally.key.outcome == TallyOutcome::retried)
            failures.counts[{tally.key.queue, tally.key.type, tally.key.error_code}] += tally.count;
    return failures;
}

} // namespace

Findings FindingsReader::read() {
    look_at_queues();
    look_at_workers();
    look_at_failures();
    const auto is_worse = [](const Finding& one, const Finding& other) {
        const auto rank = [](const Finding& finding) {
            return std::tuple(!finding.is_critical, finding.since.value_or(Timestamp::max()),
                              finding.kind, std::string_view(finding.subject));
        };
        return rank(one) < rank(other);
    };
    std::ranges::sort(found_.list, is_worse);
    found_.now = now_;
    return std::move(found_);
}

/// Whether a living worker serves the queue, and has a handler for the type unless it is empty.
bool FindingsReader::is_served(std::string_view queue, std::string_view type) const {
    if (overview_.workers.next) return true; // Others may.
    return std::ranges::any_of(overview_.workers.workers, [&](const WorkerRecord& worker) {
        return takes_orders(worker, overview_.workers.now) && has(worker.report.queues, queue) &&
               (type.empty() || has(worker.report.types, type));
    });
}

void FindingsReader::look_at_queues() {
    for (const QueueState& queue : overview_.queues.queues)
        if (queue.due.value > 0) look_at_queue(queue);
    std::ranges::sort(served_, {}, [this](const QueueState* queue) {
        return std::pair(queue->oldest_due.value_or(now_), std::string_view(queue->name));
    });
    if (served_.size() > most_searches) served_.resize(most_searches);
    for (const QueueState* const queue : served_) look_at_types(*queue);
}

void FindingsReader::look_at_queue(const QueueState& queue) {
    Finding finding{.subject = queue.name, .since = queue.oldest_due, .queues = {queue.name}};
    const Duration age = now_ - queue.oldest_due.value_or(now_);
    if (queue.paused_since) {
        if (now_ - *queue.paused_since <= long_paused_after) return;
        finding.kind = "queue_paused";
        finding.since = queue.paused_since;
        finding.sentence =
            fmt::format("the queue \"{}\" has been paused for {}, and {}", queue.name,
                        in_words(now_ - *queue.paused_since), due_jobs(queue));
    } else if (!is_served(queue.name)) {
        finding.kind = "queue_without_worker";
        finding.is_critical = true;
        finding.sentence = fmt::format("{} in the queue \"{}\", but no living worker serves it",
                                       due_jobs(queue), queue.name);
    } else {
        served_.push_back(&queue);
        if (age <= late_after) return;
        finding.kind = "queue_late";
        finding.is_critical = age > very_late_after;
        finding.sentence =
            fmt::format("the oldest due job of the queue \"{}\" has waited for {}; {}", queue.name,
                        in_words(age), due_jobs(queue));
    }
    found_.list.push_back(std::move(finding));
}

/// Looks at the jobs that will be claimed first.
void FindingsReader::look_at_types(const QueueState& queue) {
    const auto page = operators_.search({.statuses = {JobStatus::pending},
                                         .queue = queue.name,
                                         .library_jobs = true,
                                         .limit = most_looks,
                                         .looks = most_looks});
    std::set<std::string_view> seen;
    for (const Job& job : page.jobs) {
        if (job.run_at > now_ || job.blocked_by > 0) continue;
        if (!seen.insert(job.type).second || is_served(queue.name, job.type)) continue;
        found_.list.push_back(
            {.kind = "type_without_worker",
             .is_critical = true,
             .subject = job.type + " in " + queue.name,
             .since = job.run_at,
             .sentence = fmt::format("jobs of the type \"{}\" are due in the queue \"{}\", but no "
                                     "living worker that serves it has a handler for them",
                                     job.type, queue.name),
             .queues = {queue.name},
             .type = job.type});
    }
}

void FindingsReader::look_at_workers() {
    std::size_t searches = 0;
    for (const WorkerRecord& worker : overview_.workers.workers) {
        if (!is_dead(worker, overview_.workers.now)) continue;
        if (++searches > most_searches) break;
        const std::string& name = worker.report.worker;
        const auto page = operators_.search({.statuses = {JobStatus::processing},
                                             .worker = name,
                                             .library_jobs = true,
                                             .limit = most_looks});
        if (page.jobs.empty()) continue;
        const Count held{.value = page.jobs.size(),
                         .precision =
                             page.next ? Count::Precision::at_least : Count::Precision::exact};
        found_.list.push_back(
            {.kind = "worker_dead",
             .subject = name,
             .since = worker.last_heartbeat,
             .sentence = fmt::format(
                 "the last heartbeat of the worker \"{}\" was {} ago, and {} still leased to it",
                 name, in_words(overview_.workers.now - worker.last_heartbeat),
                 jobs_that(held, "is", "are")),
             .queues = worker.report.queues});
    }
}

/// Compares the last full hour, and what has passed of this one, with the 24 hours before.
void FindingsReader::look_at_failures() {
    const Timestamp begin = start_of(TallyPeriod::hour, now_ - 1h);
    const auto recent = read_failures(operators_, begin, now_ + 1h);
    if (recent.counts.empty()) return;
    const auto before = read_failures(operators_, begin - compared_with, begin);
    const auto hours = [](Duration length) { return std::chrono::duration<double>(length) / 1h; };
    const Duration length = now_ - begin;
    for (const auto& [key, count] : recent.counts) {
        const auto& [queue, type, code] = key;
        const auto earlier = before.counts.find(key);
        const double mean =
            earlier == before.counts.end()
                ? 0
                : static_cast<double>(earlier->second) / std::max(hours(before.length), 1.0);
        if (count < few_failures ||
            static_cast<double>(count) < usual_factor * mean * hours(length))
            continue;
        found_.list.push_back(
            {.kind = "failures_rose",
             .subject = fmt::format("{} {}", type, code),
             .since = begin,
             .sentence = fmt::format("attempts of \"{}\" in the queue \"{}\" failed {} times with "
                                     "the code \"{}\" in the last {}; in the day before, {:.1f} "
                                     "times an hour",
                                     type, queue, count, code, in_words(length), mean),
             .queues = {queue},
             .type = type});
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
