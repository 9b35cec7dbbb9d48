#pragma once

#include "store.hpp"

#include <algorithm>

namespace broken {

struct PurgeIgnoresTheExpiry final : Store {
    using Store::Store;
    std::size_t purge(std::size_t limit) override {
        std::size_t count = 0;
        for (const auto& job : inner().list({.limit = limit}).jobs)
            if (inner().remove(job.id) == RemoveOutcome::removed) ++count;
        return count;
    }
};

struct PurgeIgnoresItsLimit final : Store {
    using Store::Store;
    std::size_t purge(std::size_t) override { return inner().purge(1000); }
};

/// Forwards queries after `change`.
class ChangedQueries : public Store {
public:
    using Store::Store;
    JobPage list(const JobQuery& query) override {
        auto changed = query;
        change(changed);
        return inner().list(changed);
    }

protected:
    virtual void change(JobQuery&) = 0;
};

struct ListIgnoresTheOwner final : ChangedQueries {
    using ChangedQueries::ChangedQueries;
    void change(JobQuery& query) override { query.owner.reset(); }
};

struct ListIgnoresTheStatus final : ChangedQueries {
    using ChangedQueries::ChangedQueries;
    void change(JobQuery& query) override { query.status.reset(); }
};

/// Skips the first job of every page but the first.
struct PagesHaveGaps final : Store {
    using Store::Store;
    JobPage list(const JobQuery& query) override {
        auto page = inner().list(query);
        if (query.before && !page.jobs.empty()) page.jobs.erase(page.jobs.begin());
        return page;
    }
};

struct CancelMakesNoRequest final : Store {
    using Store::Store;
    CancelOutcome cancel(const JobId& id, const Cancellation&) override {
        const auto job = look(id);
        return job && job->status == JobStatus::processing ? CancelOutcome::requested
                                                           : inner().cancel(id, {});
    }
};

struct RetryOfCompletedJobs final : Store {
    using Store::Store;
    RetryOutcome retry(const JobId& id) override {
        const auto outcome = inner().retry(id);
        return outcome == RetryOutcome::already_completed ? RetryOutcome::retried : outcome;
    }
};

/// Replaces limits out of range by the nearest one in range.
class ClampsTheLimit : public Store {
public:
    using Store::Store;

    JobPage list(const JobQuery& query) override {
        JobQuery clamped = query;
        clamped.limit = std::clamp(query.limit, std::size_t{1}, JobQuery::max_limit);
        return inner().list(clamped);
    }
};

} // namespace broken
