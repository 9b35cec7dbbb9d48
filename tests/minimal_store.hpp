#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

using namespace asyncjobs;

/// A store with the required members and no capability: what an author begins with.
///
/// Thread-safety  Full.
/// Durability     None.
class MinimalStore final : public JobStore {
    /// Calls `act(now)` with one reading of the clock. What it changes would be made durable here.
    template <typename Act>
    auto transact(Act act) {
        const std::lock_guard lock(mutex_);
        const Timestamp now = clock_();
        follow_clock(now);
        return act(now);
    }

    /// If the clock was set back, the times stored since then lie in the future.
    void follow_clock(Timestamp now) {
        Timestamp latest = now;
        for (const auto& [id, job] : jobs_) {
            latest = std::max(latest, job.updated_at);
            if (job.lease_expires_at)
                latest = std::max(latest, *job.lease_expires_at - job.lease_for);
        }
        const Duration by = latest - now;
        if (by <= clock_tolerance) return;
        for (auto& [id, job] : jobs_) asyncjobs::follow_clock(job, job.lease_for, by, now);
        notices_.push_back({ClockNotice::Kind::set_back, by});
    }

    StoredJob* find(const JobId& id) {
        const auto found = jobs_.find(id);
        return found == jobs_.end() ? nullptr : &found->second;
    }

    /// By id.
    template <typename Wanted>
    std::vector<StoredJob*> select(Wanted wanted) {
        std::vector<StoredJob*> found;
        for (auto& [id, job] : jobs_)
            if (wanted(job)) found.push_back(&job);
        return found;
    }

    template <typename Wanted>
    StoredJob* first(Wanted wanted) {
        const auto found = select(wanted);
        return found.empty() ? nullptr : found.front();
    }

    StoredJob* key_holder(const std::string& key) {
        return first(
            [&](const Job& job) { return !is_finished(job.status) && job.unique_key == key; });
    }

    /// A job that is submitted again under this id gets no fence twice.
    void erase(const Job& job) {
        used_fence_ = std::max(used_fence_, job.fence);
        jobs_.erase(JobId(job.id));
    }

public:
    using Clock = std::function<Timestamp()>;

    explicit MinimalStore(Clock clock = system_time) : clock_(std::move(clock)) {}

    static Timestamp system_time() {
        return std::chrono::floor<Duration>(std::chrono::system_clock::now());
    }

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        check_supported(jobs, capabilities());
        return transact([&](Timestamp now) { return submit(jobs, now); });
    }

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        validate(request);
        check_supported(settlements, request, capabilities());
        return transact([&](Timestamp now) {
            Exchange result;
            for (const auto& one : settlements) result.settled.push_back(settle(one, now));
            for (const auto& queue : request.queues) claim(queue, request, now, result);
            if (result.claimed.size() == request.limit) result.next_due_in.reset();
            return result;
        });
    }

    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        check_lease_for(lease_for);
        return transact([&](Timestamp now) {
            std::vector<Renewal> renewals(heartbeats.size());
            for (std::size_t i = 0; i < heartbeats.size(); ++i)
                if (StoredJob* job = find(heartbeats[i].lease.id))
                    renewals[i] = transitions::heartbeat(*job, heartbeats[i], lease_for, now);
            return renewals;
        });
    }

    std::vector<ClaimedJob> leases_of(std::string_view worker) override {
        check_worker(worker);
        return transact([&](Timestamp) {
            std::vector<ClaimedJob> claimed;
            for (const StoredJob* job : select([&](const Job& one) {
                     return one.status == JobStatus::processing && one.worker == worker;
                 }))
                claimed.push_back(claimed_job(*job, job->ahead));
            return claimed;
        });
    }

    std::vector<Rescued> rescue(std::size_t limit, int crash_limit) override {
        check_rescue(limit, crash_limit);
        return transact([&](Timestamp now) {
            auto lost = select([&](const Job& job) {
                return job.status == JobStatus::processing && job.lease_expires_at <= now;
            });
            std::ranges::stable_sort(lost, {}, &Job::lease_expires_at);
            lost.resize(std::min(lost.size(), limit));
            std::vector<Rescued> rescued;
            for (StoredJob* job : lost) {
                transitions::expire_lease(*job, crash_limit, now);
                rescued.push_back({job->id, job->queue, job->status});
            }
            return rescued;
        });
    }

    std::size_t purge(std::size_t limit) override {
        check_limit(limit);
        return transact([&](Timestamp now) {
            auto expired =
                select([&](const Job& job) { return job.expires_at && *job.expires_at <= now; });
            expired.resize(std::min(expired.size(), limit));
            for (const Job* job : expired) erase(*job);
            return expired.size();
        });
    }

    std::vector<ClockNotice> take_clock_notices() override {
        const std::lock_guard lock(mutex_);
        return std::exchange(notices_, {});
    }

    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        return transact([&](Timestamp) {
            std::vector<std::optional<Job>> found(ids.size());
            for (std::size_t i = 0; i < ids.size(); ++i)
                if (const Job* job = find(ids[i])) found[i] = snapshot(*job);
            return found;
        });
    }

    JobPage list(const JobQuery& query) override {
        validate(query);
        check_supported(query, capabilities());
        return transact([&](Timestamp) {
            auto found = select([&](const Job& job) { return matches(job, query); });
            std::ranges::reverse(found);
            JobPage page{.more = found.size() > query.limit};
            found.resize(std::min(found.size(), query.limit));
            for (const Job* job : found) page.jobs.push_back(snapshot(*job, query.parts));
            return page;
        });
    }

    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override {
        validate(cancellation);
        return transact([&](Timestamp now) {
            StoredJob* job = find(id);
            return job ? transitions::cancel(*job, cancellation, now) : CancelOutcome::not_found;
        });
    }

    RetryOutcome retry(const JobId& id) override {
        using Outcome = RetryOutcome;
        return transact([&](Timestamp now) {
            StoredJob* job = find(id);
            if (!job) return Outcome::not_found;
            const auto outcome = transitions::check_restart(*job);
            if (outcome != Outcome::retried) return outcome;
            if (job->unique_key && key_holder(*job->unique_key)) return Outcome::key_taken;
            transitions::restart(*job, now);
            return Outcome::retried;
        });
    }

    RemoveOutcome remove(const JobId& id) override {
        using Outcome = RemoveOutcome;
        return transact([&](Timestamp) {
            const Job* job = find(id);
            if (!job) return Outcome::not_found;
            if (!is_finished(job->status)) return Outcome::not_finished;
            erase(*job);
            return Outcome::removed;
        });
    }

private:
    std::vector<Submitted> submit(std::span<const NewJob> jobs, Timestamp now) {
        std::vector<Submitted> submitted;
        for (const NewJob& job : jobs) submitted.push_back(submit(job, now));
        return submitted;
    }

    Submitted submit(const NewJob& wanted, Timestamp now) {
        using Outcome = Submitted::Outcome;
        if (StoredJob* same = find(wanted.id))
            return conflict(*same, wanted, Outcome::id_exists, now);
        if (wanted.idempotency_key)
            if (const Job* held = first(
                    [&](const Job& job) { return job.idempotency_key == wanted.idempotency_key; }))
                return {Outcome::repeated, held->id, held->created_at};
        if (wanted.unique_key)
            if (StoredJob* holder = key_holder(*wanted.unique_key))
                return conflict(*holder, wanted, Outcome::key_taken, now);
        jobs_[wanted.id] = transitions::make_job(wanted, 0, used_fence_, now);
        return {Outcome::created, wanted.id, now};
    }

    static Submitted conflict(StoredJob& holder, const NewJob& wanted, Submitted::Outcome outcome,
                              Timestamp now) {
        if (transitions::replace(holder, wanted, now)) outcome = Submitted::Outcome::replaced;
        return {outcome, holder.id, holder.created_at};
    }

    Settled settle(const Settlement& settlement, Timestamp now) {
        StoredJob* job = find(settlement.lease().id);
        if (!job) return {};
        const auto settled = transitions::settle(*job, settlement, now);
        if (settled.accepted) submit(settlement.follow_ups(), now);
        return settled;
    }

    void claim(const std::string& queue, const ClaimRequest& request, Timestamp now,
               Exchange& result) {
        auto waiting = select(
            [&](const Job& job) { return job.status == JobStatus::pending && job.queue == queue; });
        std::ranges::stable_sort(waiting, {}, [now](const Job* job) {
            return claim_time(job->run_at, job->priority, now);
        });
        for (StoredJob* job : waiting) {
            if (job->run_at > now) {
                const Duration wait = job->run_at - now;
                result.next_due_in = std::min(result.next_due_in.value_or(wait), wait);
            } else if (result.claimed.size() < request.limit) {
                transitions::claim(*job, request, now);
                result.claimed.push_back(claimed_job(*job, job->ahead));
            }
        }
    }

    const Clock clock_;
    std::mutex mutex_;
    std::map<JobId, StoredJob> jobs_;
    std::int64_t used_fence_ = 0;
    std::vector<ClockNotice> notices_;
};
