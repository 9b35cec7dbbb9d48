#pragma once

#include "store.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace broken {

/// Forwards new jobs after `change`.
class ChangedSubmits : public Store {
public:
    using Store::Store;
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        std::vector<NewJob> changed(jobs.begin(), jobs.end());
        for (auto& job : changed) change(job);
        return inner().submit(changed);
    }

protected:
    virtual void change(NewJob&) = 0;
};

struct RewritesJson final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        job.input = JsonText::trusted(boost::json::serialize(json::to_value(job.input)));
    }
};

struct IgnoresTheSchedule final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        job.run_at = std::nullopt;
        job.delay = {};
    }
};

struct IgnoresPriorities final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override { job.priority = 0; }
};

struct PrioritiesStarveOthers final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override { job.priority *= 10; }
};

struct ShowsTheHeadStart final : Store {
    using Store::Store;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        auto jobs = inner().find(ids);
        for (auto& job : jobs)
            if (job) job->run_at -= job->priority * priority_step;
        return jobs;
    }
};

struct CutsTimesToMilliseconds final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        if (job.run_at) job.run_at = std::chrono::floor<std::chrono::milliseconds>(*job.run_at);
    }
};

struct FoldsTheCaseOfKeys final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        if (!job.unique_key) return;
        for (char& c : *job.unique_key)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
};

struct KeyIsNeverFreed final : Store {
    using Store::Store;
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        std::vector<Submitted> results;
        for (const auto& job : jobs) {
            const bool used = job.unique_key && !keys_.insert(*job.unique_key).second;
            if (used)
                results.push_back({Submitted::Outcome::key_taken, job.id, {}});
            else
                results.push_back(inner().submit({&job, 1}).front());
        }
        return results;
    }

private:
    std::set<std::string> keys_;
};

/// Like a unique key: free again when its job has finished.
struct IdempotencyEndsWithTheJob final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        if (job.idempotency_key) job.unique_key = std::exchange(job.idempotency_key, {});
    }
};

struct DropsMetadata final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override { job.metadata = {}; }
};

struct ConflictBlocksItsBatch final : Store {
    using Store::Store;
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        for (const auto& job : jobs)
            if (look(job.id))
                return std::vector<Submitted>(jobs.size(),
                                              {Submitted::Outcome::id_exists, job.id, {}});
        return inner().submit(jobs);
    }
};

/// Looks for a holder and then writes, with a gap in between.
struct ChecksKeysInTwoSteps final : Store {
    using Store::Store;
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        std::vector<NewJob> keyless(jobs.begin(), jobs.end());
        for (auto& job : keyless) {
            const std::string key = job.unique_key.value_or("");
            job.unique_key.reset();
            {
                const std::lock_guard lock(mutex_);
                if (const auto holder = holders_.find(key); holder != holders_.end())
                    return {{Submitted::Outcome::key_taken, holder->second, {}}};
            }
            for (int i = 0; i < 2000; ++i) std::this_thread::yield();
            const std::lock_guard lock(mutex_);
            holders_.emplace(key, job.id);
        }
        return inner().submit(keyless);
    }

private:
    std::mutex mutex_;
    std::map<std::string, JobId> holders_;
};

} // namespace broken
