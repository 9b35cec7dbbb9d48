#pragma once

#include "store.hpp"

#include <asyncjobs/store/intercepting_operator_store.hpp>

#include <algorithm>
#include <utility>

namespace broken {

/// Forwards what operators ask of another store.
class ForwardingOperators : public InterceptingOperatorStore<ForwardingOperators> {
public:
    explicit ForwardingOperators(JobStore& store) noexcept
        : InterceptingOperatorStore(*this), store_(store) {}

protected:
    OperatorStore& inner() noexcept { return *store_.operators(); }

private:
    friend InterceptingOperatorStore<ForwardingOperators>;
    auto intercept(std::string_view, const auto& call) { return call(store_); }

    JobStore& store_;
};

/// A store whose operators have the defect.
template <typename Defect>
class OperatedStore final : public Store {
public:
    explicit OperatedStore(JobStore& inner) : Store(inner), operators_(inner) {}
    OperatorStore* operators() noexcept override { return &operators_; }

private:
    Defect operators_;
};

/// Skips the first job of every page but the first.
struct SearchesHaveGaps final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    JobSearchPage search(const JobSearch& search) override {
        auto page = inner().search(search);
        if (search.after && !page.jobs.empty()) page.jobs.erase(page.jobs.begin());
        return page;
    }
};

/// Finds error codes that begin with the given one.
struct SearchesForPrefixes final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    JobSearchPage search(const JobSearch& search) override {
        auto any = search;
        any.error_code.reset();
        auto page = inner().search(any);
        std::erase_if(page.jobs, [&](const Job& job) {
            return search.error_code &&
                   (!job.error || !job.error->code.starts_with(*search.error_code));
        });
        return page;
    }
};

/// Returns pending jobs newest first as well.
struct IgnoresTheOrderOfClaims final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    JobSearchPage search(const JobSearch& search) override {
        auto page = inner().search(search);
        std::ranges::sort(page.jobs, std::ranges::greater(), &Job::id);
        return page;
    }
};

/// Counts the due jobs of all queues for each.
struct CountsOtherQueues final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    QueuePage queues(std::string_view after, std::size_t limit) override {
        auto page = inner().queues(after, limit);
        Count all;
        for (const QueueState& queue : page.queues) all.value += queue.due.value;
        for (QueueState& queue : page.queues) queue.due = all;
        return page;
    }
};

/// Counts throttled jobs as due.
struct CountsThrottledAsDue final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    QueuePage queues(std::string_view after, std::size_t limit) override {
        auto page = inner().queues(after, limit);
        for (QueueState& queue : page.queues)
            queue.due.value += std::exchange(queue.throttled, {}).value;
        return page;
    }
};

/// Changes each job once, in the order of ids.
struct ReturnsBatchesOutOfOrder final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                      const Cancellation& cancellation) override {
        std::vector<JobId> sorted(ids.begin(), ids.end());
        std::ranges::sort(sorted);
        return inner().cancel(sorted, cancellation);
    }
};

/// Retries the first of a batch only, and claims to have retried all.
struct RetriesOneOfABatch final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::vector<RetryOutcome> retry(std::span<const JobId> ids) override {
        auto outcomes = inner().retry(ids.first(std::min<std::size_t>(1, ids.size())));
        outcomes.resize(ids.size(), RetryOutcome::retried);
        return outcomes;
    }
};

/// Returns that it made jobs due that already were.
struct RunsDueJobsNow final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::vector<RunNowOutcome> run_now(std::span<const JobId> ids) override {
        auto outcomes = inner().run_now(ids);
        std::ranges::replace(outcomes, RunNowOutcome::already_due, RunNowOutcome::made_due);
        return outcomes;
    }
};

/// Accepts a batch of any size.
struct AcceptsAnyBatch final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::vector<RemoveOutcome> remove(std::span<const JobId> ids) override {
        std::vector<RemoveOutcome> outcomes;
        for (const JobId& id : ids) outcomes.push_back(inner().remove({&id, 1}).front());
        return outcomes;
    }
};

/// Shows no throttled job before another one.
struct HidesThrottledJobsBefore final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::optional<JobWait> why(const JobId& id) override {
        auto wait = inner().why(id);
        if (wait && wait->limit) wait->limit->before = {};
        return wait;
    }
};

/// Names no workers that a job waits for.
struct HidesMissingWorkers final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::optional<JobWait> why(const JobId& id) override {
        auto wait = inner().why(id);
        if (wait) wait->workers.reset();
        return wait;
    }
};

/// Explains jobs that do not wait, too.
struct ExplainsFinishedJobs final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    std::optional<JobWait> why(const JobId& id) override {
        auto wait = inner().why(id);
        if (wait) wait->queue = "default";
        return wait;
    }
};

} // namespace broken
