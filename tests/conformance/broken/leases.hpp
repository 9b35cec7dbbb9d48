#pragma once

#include "store.hpp"

#include <map>
#include <optional>
#include <span>
#include <vector>

namespace broken {

struct RenewIgnoresTheFence final : Store {
    using Store::Store;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        std::vector<Heartbeat> changed(heartbeats.begin(), heartbeats.end());
        for (auto& heartbeat : changed)
            if (const auto job = look(heartbeat.lease.id)) heartbeat.lease.fence = job->fence;
        return inner().renew(changed, lease_for);
    }
};

struct RenewHidesTheCancel final : Store {
    using Store::Store;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        auto results = inner().renew(heartbeats, lease_for);
        for (auto& result : results) result.cancel_requested = false;
        return results;
    }
};

struct RenewTakesNoStart final : Store {
    using Store::Store;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        std::vector<Heartbeat> changed(heartbeats.begin(), heartbeats.end());
        for (auto& heartbeat : changed) heartbeat.started = false;
        return inner().renew(changed, lease_for);
    }
};

struct ClaimIsNeverAhead final : Store {
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        ClaimRequest changed = request;
        changed.ahead = false;
        return inner().exchange(settlements, changed);
    }
};

struct RenewExtendsNothing final : Store {
    using Store::Store;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration) override {
        return inner().renew(heartbeats, Duration::zero());
    }
};

/// Changes jobs that are returned.
class ChangedJobs : public Store {
public:
    using Store::Store;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        auto found = inner().find(ids);
        for (auto& job : found)
            if (job) change(*job);
        return found;
    }

protected:
    virtual void change(Job&) = 0;
};

struct ProgressGoesBack final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        for (const auto& heartbeat : heartbeats)
            if (heartbeat.progress) last_[heartbeat.lease.id] = *heartbeat.progress;
        return inner().renew(heartbeats, lease_for);
    }
    void change(Job& job) override {
        if (last_.contains(job.id) && job.status == JobStatus::processing)
            job.progress = last_[job.id];
    }

private:
    std::map<JobId, Progress> last_;
};

struct RenewalIsAChange final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        ++renewals_;
        return inner().renew(heartbeats, lease_for);
    }
    void change(Job& job) override { job.revision += renewals_; }

private:
    int renewals_ = 0;
};

struct SummariesShowNoChange final : Store {
    using Store::Store;
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        auto jobs = inner().find_summaries(ids);
        for (auto& job : jobs)
            if (job) job->revision = 1;
        return jobs;
    }
};

struct SummariesLeaveOutMissingJobs final : Store {
    using Store::Store;
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids) override {
        auto jobs = inner().find_summaries(ids);
        std::erase(jobs, std::nullopt);
        return jobs;
    }
};

struct CompletionDropsProgress final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    void change(Job& job) override {
        if (job.status == JobStatus::completed) job.progress = {};
    }
};

struct CrashCostsAnAttempt final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    void change(Job& job) override { job.attempt += job.crashes; }
};

struct RescueIgnoresTheLease final : Store {
    using Store::Store;
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        std::vector<Heartbeat> expire;
        for (const auto& job : inner().list({.status = JobStatus::processing}).jobs)
            expire.push_back({{job.id, job.fence}, {}});
        inner().renew(expire, Duration::zero());
        return inner().rescue(limit, crash_limit);
    }
};

struct RescueIgnoresTheCrashLimit final : Store {
    using Store::Store;
    std::vector<Rescued> rescue(std::size_t limit, int) override {
        return inner().rescue(limit, 1'000'000);
    }
};

struct RescueIgnoresItsLimit final : Store {
    using Store::Store;
    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        return inner().rescue(limit == 0 ? 0 : 1000, crash_limit);
    }
};

} // namespace broken
