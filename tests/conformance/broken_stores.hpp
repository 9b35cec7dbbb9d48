#pragma once

#include <asyncjobs/json.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

/// Stores with one defect each, for the conformance suite to find.
namespace broken {

using namespace asyncjobs;
using Kind = Settlement::Kind;

class Store : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

protected:
    std::optional<Job> look(const JobId& id) { return inner().find({&id, 1}).front(); }
};

inline Settlement with_lease(const Settlement& settlement, LeaseRef lease) {
    switch (settlement.kind()) {
    case Kind::completed:
        return Settlement::completed(lease, settlement.result());
    case Kind::failed:
        return Settlement::failed(lease, settlement.error());
    case Kind::retried:
        return Settlement::retried(lease, settlement.error(), settlement.delay());
    case Kind::released:
        return Settlement::released(lease, settlement.delay());
    case Kind::cancelled:
        break;
    }
    return Settlement::cancelled(lease);
}

/// Forwards settlements one by one after `change`, and then the claim.
class ChangedSettlements : public Store {
public:
    using Store::Store;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        std::vector<Settled> settled;
        for (const auto& settlement : settlements) settled.push_back(settle_one(settlement));
        auto result = inner().claim(request);
        result.settled = std::move(settled);
        return result;
    }

protected:
    virtual Settled settle_one(const Settlement& settlement) { return pass(settlement); }
    Settled pass(const Settlement& settlement) { return inner().settle({&settlement, 1}).front(); }
};

struct SettleIgnoresTheFence final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        const auto job = look(settlement.lease().id);
        return job ? pass(with_lease(settlement, {job->id, job->fence})) : Settled{};
    }
};

struct ReleaseLosesThePlace final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        return settlement.keeps_place()
                   ? pass(Settlement::released(settlement.lease(), Duration{1}))
                   : pass(settlement);
    }
};

struct ReleaseRefundsNothing final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        return settlement.kind() == Kind::released
                   ? pass(Settlement::retried(settlement.lease(), {}, settlement.delay()))
                   : pass(settlement);
    }
};

struct RetryLosesTheCancel final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        auto result = pass(settlement);
        if (settlement.kind() == Kind::retried && result.status == JobStatus::cancelled) {
            inner().retry(settlement.lease().id);
            result.status = JobStatus::pending;
        }
        return result;
    }
};

struct LateCancelWins final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        const auto cancelled = pass(Settlement::cancelled(settlement.lease()));
        return cancelled.accepted ? cancelled : pass(settlement);
    }
};

struct WorkersCancelWithoutRequest final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        if (settlement.kind() == Kind::cancelled) inner().cancel(settlement.lease().id, {});
        return pass(settlement);
    }
};

struct FollowUpsOfStaleSettlements final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        const auto result = pass(settlement);
        if (!result.accepted) inner().submit(settlement.follow_ups());
        return result;
    }
};

struct FollowUpsDropped final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        return pass(with_lease(settlement, settlement.lease()));
    }
};

struct RefusesAfterTheLeaseRanOut final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        const auto job = look(settlement.lease().id);
        const bool ran_out = job && job->lease_expires_at <= job->started_at;
        return ran_out ? Settled{} : pass(settlement);
    }
};

/// Checks and then writes, with a gap in between.
struct SettlesInTwoSteps final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settled settle_one(const Settlement& settlement) override {
        const auto job = look(settlement.lease().id);
        const bool valid = job && job->status == JobStatus::processing;
        for (int i = 0; i < 2000; ++i) std::this_thread::yield();
        const auto result = pass(settlement);
        return {valid, result.status};
    }
};

struct ClaimsBeforeItSettles final : Store {
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto result = inner().claim(request);
        result.settled = inner().settle(settlements);
        return result;
    }
};

struct ReturnsOutcomesOutOfOrder final : Store {
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto result = inner().exchange(settlements, request);
        std::reverse(result.settled.begin(), result.settled.end());
        return result;
    }
};

/// Forwards claims after `change_request`, and returns results after `change_result`.
class ChangedClaims : public Store {
public:
    using Store::Store;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto changed = request;
        if (request.limit > 0) change_request(changed);
        auto result = inner().exchange(settlements, changed);
        if (request.limit > 0) change_result(result, request);
        return result;
    }

protected:
    virtual void change_request(ClaimRequest&) {}
    virtual void change_result(Exchange&, const ClaimRequest&) {}
};

struct ClaimIgnoresTheLimit final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_request(ClaimRequest& request) override { ++request.limit; }
};

struct ClaimIgnoresLeaseFor final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_request(ClaimRequest& request) override {
        request.lease_for = std::chrono::seconds{30};
    }
};

struct ClaimsNewestFirst final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override {
        std::reverse(result.claimed.begin(), result.claimed.end());
    }
};

struct ClaimsLeasedJobs final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest& request) override {
        if (result.claimed.empty()) result.claimed = inner().leases_of(request.worker);
    }
};

struct NextDueUnknown final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override {
        result.next_due_in.reset();
    }
};

struct ServesQueuesByName final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        std::vector<std::string> sorted(request.queues.begin(), request.queues.end());
        std::sort(sorted.rbegin(), sorted.rend());
        auto changed = request;
        changed.queues = sorted;
        return inner().exchange(settlements, changed);
    }
};

struct ClaimIgnoresThePause final : Store {
    using Store::Store;
    void set_paused(std::string_view queue, bool paused) override {
        paused_[std::string(queue)] = paused;
    }
    Workload workload(std::string_view queue, std::string_view type) override {
        auto result = inner().workload(queue, type);
        result.paused = paused_[std::string(queue)];
        return result;
    }

private:
    std::map<std::string, bool> paused_;
};

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

struct HeldIgnoresTheWorker final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override {
        for (const auto& job : result.claimed) claimed_.push_back(job);
    }
    std::vector<ClaimedJob> leases_of(std::string_view) override { return claimed_; }

private:
    std::vector<ClaimedJob> claimed_;
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

/// Forwards limits after `change`.
class ChangedLimits : public Store {
public:
    using Store::Store;

    void set_limit(const Limit& limit) override {
        auto changed = limit;
        change(changed);
        inner().set_limit(changed);
    }

protected:
    virtual void change(Limit&) {}
};

struct CountsAllOwnersTogether final : ChangedLimits {
    using ChangedLimits::ChangedLimits;
    void change(Limit& limit) override {
        if (limit.scope == LimitScope::owner) limit.scope = LimitScope::limit;
    }
};

struct RateIgnoresTheBurst final : ChangedLimits {
    using ChangedLimits::ChangedLimits;
    void change(Limit& limit) override { limit.burst = 1; }
};

struct OwnersDoNotAlternate final : ChangedLimits {
    using ChangedLimits::ChangedLimits;
    void change(Limit& limit) override { limit.round_robin = false; }
};

struct TheFirstLimitStays final : Store {
    using Store::Store;
    void set_limit(const Limit& limit) override {
        for (const auto& known : inner().limits())
            if (known.name == limit.name) return;
        inner().set_limit(limit);
    }
};

struct IgnoresTheLimitsOfWorkers final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_request(ClaimRequest& request) override { request.limits = {}; }
};

struct ReturnsNoThrottledJobs final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override { result.throttled.clear(); }
};

/// Stops at the first job that a limit keeps waiting.
struct WaitingJobsDelayOthers final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override {
        if (result.throttled.empty()) return;
        std::erase_if(result.claimed, [&](const ClaimedJob& job) {
            if (job.lease.id < result.throttled.front().id) return false;
            const auto released = Settlement::released(job.lease);
            return inner().settle({&released, 1}).front().accepted;
        });
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
