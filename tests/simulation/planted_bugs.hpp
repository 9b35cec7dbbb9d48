#pragma once

#include <asyncjobs/forwarding_job_store.hpp>

#include <vector>

namespace simulation {

/// A store that forgot to compare fences: whoever settles, the job's present lease is ended.
class WithoutFenceCheck final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        std::vector<asyncjobs::Settlement> renewed;
        for (const auto& settlement : settlements)
            renewed.push_back(with_present_fence(settlement));
        return inner().exchange(renewed, request);
    }

private:
    asyncjobs::Settlement with_present_fence(const asyncjobs::Settlement& settlement) {
        using asyncjobs::Settlement;
        auto lease = settlement.lease();
        if (const auto job = inner().find(std::span(&lease.id, 1)).front())
            lease.fence = job->fence;
        switch (settlement.kind()) {
        case Settlement::Kind::completed:
            return Settlement::completed(lease, settlement.result());
        case Settlement::Kind::failed:
            return Settlement::failed(lease, settlement.error());
        case Settlement::Kind::cancelled:
            return Settlement::cancelled(lease);
        case Settlement::Kind::released:
            return Settlement::released(lease, settlement.delay());
        case Settlement::Kind::retried:
            break;
        }
        return Settlement::retried(lease, settlement.error(), settlement.delay());
    }
};

/// A store whose rescue forgot to look whether the lease has run out.
class WithoutRescueGuard final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<asyncjobs::Rescued> rescue(std::size_t limit, int crash_limit) override {
        auto rescued = inner().rescue(limit, crash_limit);
        for (const auto& job :
             inner().list({.status = asyncjobs::JobStatus::processing, .limit = limit}).jobs) {
            const auto taken = asyncjobs::Settlement::released({job.id, job.fence});
            const auto settled = inner().settle(std::span(&taken, 1)).front();
            if (settled.accepted) rescued.push_back({job.id, job.queue, settled.status});
        }
        return rescued;
    }
};

/// A store that forgot to refund the attempt when a job is released.
class WithoutRefund final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        std::vector<asyncjobs::Settlement> charged;
        for (const auto& settlement : settlements) {
            if (settlement.kind() == asyncjobs::Settlement::Kind::released)
                charged.push_back(
                    asyncjobs::Settlement::retried(settlement.lease(), {}, settlement.delay()));
            else
                charged.push_back(settlement);
        }
        return inner().exchange(charged, request);
    }
};

/// A store that forgot whom a job waits for.
class WithoutParents final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override {
        std::vector<asyncjobs::NewJob> alone(jobs.begin(), jobs.end());
        for (auto& job : alone) job.after.clear();
        return inner().submit(alone);
    }
};

/// A store that forgot which submits have been there before.
class WithoutIdempotency final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override {
        std::vector<asyncjobs::NewJob> keyless(jobs.begin(), jobs.end());
        for (auto& job : keyless) job.idempotency_key.reset();
        return inner().submit(keyless);
    }
};

/// A store that counts the jobs of all workers against its limits but for one's.
class WithoutPlacesOfOneWorker final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        if (uncounted_.empty()) uncounted_ = request.worker;
        if (request.worker != uncounted_) return inner().exchange(settlements, request);
        const auto limits = inner().limits();
        for (const auto& limit : limits) inner().set_limit({.name = limit.name});
        auto answer = inner().exchange(settlements, request);
        for (const auto& limit : limits) inner().set_limit(limit);
        return answer;
    }

private:
    std::string uncounted_;
};

/// A store whose rates forget what has started.
class WithoutPastStarts final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        for (const auto& limit : inner().limits()) {
            if (limit.rate == 0) continue;
            inner().set_limit({.name = limit.name});
            inner().set_limit(limit);
        }
        return inner().exchange(settlements, request);
    }
};

/// A store that never calls those whom a limit has made wait.
class WithoutCalls final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        auto answer = inner().exchange(settlements, request);
        for (const auto& job : answer.held_back) {
            const asyncjobs::NewJob never{.id = job.id,
                                          .type = job.type,
                                          .delay = std::chrono::hours{1},
                                          .on_conflict = asyncjobs::OnConflict::replace};
            inner().submit({&never, 1});
        }
        return answer;
    }
};

} // namespace simulation
