#include "bulk_action.hpp"

#include "cursor.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/operations/bulk.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

/// The statuses of jobs that an action can change; none for an unknown action.
std::vector<JobStatus> changeable_by(std::string_view action) {
    if (action == "cancel") return {JobStatus::pending, JobStatus::processing};
    if (action == "retry") return {JobStatus::failed, JobStatus::cancelled};
    if (action == "run_now") return {JobStatus::pending};
    if (action == "remove") return {JobStatus::completed, JobStatus::failed, JobStatus::cancelled};
    return {};
}

/// The statuses of an action that names none: a cancelled job was cancelled on purpose.
std::vector<JobStatus> usual_for(std::string_view action) {
    if (action == "retry") return {JobStatus::failed};
    return changeable_by(action);
}

template <typename Outcome>
std::size_t count_of(const std::vector<Outcome>& outcomes, std::initializer_list<Outcome> changed) {
    std::size_t count = 0;
    for (const Outcome outcome : outcomes)
        count += std::ranges::find(changed, outcome) != changed.end();
    return count;
}

} // namespace

bool matches_all(const BulkFilter& filter) noexcept {
    return filter.statuses.empty() && !filter.queue && !filter.type && !filter.owner &&
           !filter.worker && !filter.error_code && !filter.created_since && !filter.created_until;
}

json::Mismatches mistakes_in(const BulkAction& action) {
    json::Mismatches wrong;
    const auto changeable = changeable_by(action.action);
    if (changeable.empty())
        wrong.push_back({"/action", "must be cancel, retry, remove or run_now"});
    for (std::size_t i = 0; i < action.filter.statuses.size(); ++i) {
        const auto status = parse_job_status(action.filter.statuses[i]);
        if (!status || std::ranges::find(changeable, *status) == changeable.end())
            wrong.push_back({fmt::format("/filter/statuses/{}", i),
                             "must be a status of jobs that the action can change"});
    }
    if (action.filter.type == BulkAction::type)
        wrong.push_back({"/filter/type", "must not be that of bulk actions"});
    return wrong;
}

JobSearch search_for(const BulkAction& action) {
    const BulkFilter& filter = action.filter;
    JobSearch search{.queue = filter.queue,
                     .owner = filter.owner,
                     .worker = filter.worker,
                     .error_code = filter.error_code,
                     .created_since = filter.created_since,
                     .created_until = filter.created_until,
                     .limit = OperatorStore::max_batch};
    if (filter.type) search.type = *filter.type;
    search.library_jobs = filter.type && asyncjobs::detail::is_library_type(*filter.type);
    for (const std::string& status : filter.statuses)
        if (const auto parsed = parse_job_status(status)) search.statuses.push_back(*parsed);
    if (search.statuses.empty()) search.statuses = usual_for(action.action);
    return search;
}

Count count_jobs_of(OperatorStore& operators, const BulkAction& action) {
    constexpr int most_pages = 50;
    JobSearch search = search_for(action);
    search.limit = JobSearch::max_limit;
    Count count;
    for (int page_number = 0; page_number < most_pages; ++page_number) {
        const JobSearchPage page = operators.search(search);
        count.value += page.jobs.size();
        if (!page.next) return count;
        search.after = page.next;
        if (count.value >= Count::counted) break;
    }
    count.precision = Count::Precision::at_least;
    return count;
}

BulkRun::BulkRun(Client& client, OperatorStore& operators, const BulkAction& action,
                 JobContext& context)
    : client_(client), operators_(operators), action_(action), context_(context) {}

BulkResult BulkRun::run() {
    Part part;
    for (int number = 1; !part.is_last; ++number) {
        part = context_.step(fmt::format("part:{}", number), [&] { return run_part(part); });
        report(part.done);
    }
    return part.done;
}

/// Without a percentage as long as the total is not known.
void BulkRun::report(const BulkResult& done) const {
    const auto visited = done.changed + done.skipped;
    const auto message = fmt::format("{} changed, {} skipped", done.changed, done.skipped);
    if (action_.found_is_least)
        context_.report(0, message);
    else
        context_.report(visited, std::max(visited, action_.found), message);
}

/// Parts are long, so that steps are few, and short enough to be repeated after a crash.
BulkRun::Part BulkRun::run_part(Part part) const {
    constexpr int pages_in_part = 10;
    JobSearch search = search_for(action_);
    if (!part.cursor.empty()) search.after = parse_position(part.cursor);
    for (int page_number = 0; page_number < pages_in_part && !part.is_last; ++page_number) {
        context_.check();
        const JobSearchPage page = operators_.search(search);
        std::vector<JobId> ids;
        for (const Job& job : page.jobs)
            if (was_there_before(job)) ids.push_back(job.id);
        const auto changed = change(ids);
        part.done.changed += changed;
        part.done.skipped += page.jobs.size() - changed;
        part.is_last = !page.next;
        search.after = page.next;
    }
    part.cursor = search.after ? make_cursor(*search.after) : std::string();
    return part;
}

/// A job that failed again since the action began is not the one that its operator saw.
bool BulkRun::was_there_before(const Job& job) const {
    const Timestamp began = context_.job().created_at;
    return job.created_at <= began && (!job.finished_at || *job.finished_at <= began);
}

std::size_t BulkRun::change(std::span<const JobId> ids) const {
    if (ids.empty()) return 0;
    if (action_.action == "cancel")
        return count_of(client_.cancel(ids, {.reason = action_.reason}),
                        {CancelOutcome::cancelled, CancelOutcome::requested});
    if (action_.action == "retry") return count_of(client_.retry(ids), {RetryOutcome::retried});
    if (action_.action == "run_now")
        return count_of(client_.run_now(ids), {RunNowOutcome::made_due});
    return count_of(client_.remove(ids), {RemoveOutcome::removed});
}

void run_bulk_actions_on(Executor& executor, Client& client, JobStore& store) {
    OperatorStore* const operators = store.operators();
    if (!operators) throw Error(Errc::unsupported, "bulk actions need a store with operators()");
    executor.handle<BulkAction>(
        [&client, operators](const BulkAction& action, JobContext& context) {
            return BulkRun(client, *operators, action, context).run();
        });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
