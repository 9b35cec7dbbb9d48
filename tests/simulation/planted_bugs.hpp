#pragma once

#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>

#include <vector>

namespace simulation {

/// A store that does not compare fences: any settlement ends the job's current lease.
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

/// A store whose rescue does not check whether the lease has expired.
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

/// A store that does not refund the attempt when a job is released.
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

/// A store that drops a job's parents.
class WithoutParents final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override {
        std::vector<asyncjobs::NewJob> alone(jobs.begin(), jobs.end());
        for (auto& job : alone) job.after.clear();
        return inner().submit(alone);
    }
};

/// A store that does not recognise repeated submits.
class WithoutIdempotency final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<asyncjobs::Submitted> submit(std::span<const asyncjobs::NewJob> jobs) override {
        std::vector<asyncjobs::NewJob> keyless(jobs.begin(), jobs.end());
        for (auto& job : keyless) job.idempotency_key.reset();
        return inner().submit(keyless);
    }
};

/// A store whose limits do not count the jobs of one worker.
class WithoutPlacesOfOneWorker final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        if (uncounted_.empty()) uncounted_ = request.worker;
        if (request.worker != uncounted_) return inner().exchange(settlements, request);
        const auto limits = inner().limits();
        for (const auto& limit : limits) inner().set_limit({.name = limit.name});
        auto result = inner().exchange(settlements, request);
        for (const auto& limit : limits) inner().set_limit(limit);
        return result;
    }

private:
    std::string uncounted_;
};

/// A store whose rates do not count past starts.
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

/// A store that counts the tallies of every heartbeat, of a repeated one as well.
class WithoutHeartbeatNumbers final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::OperatorStore* operators() noexcept override { return &operators_; }

private:
    friend asyncjobs::InterceptingOperatorStore<WithoutHeartbeatNumbers>;

    auto intercept(std::string_view, const auto& call) { return call(inner()); }

    class Operators final : public asyncjobs::InterceptingOperatorStore<WithoutHeartbeatNumbers> {
    public:
        using InterceptingOperatorStore::InterceptingOperatorStore;

        asyncjobs::WorkerOrders heartbeat(const asyncjobs::WorkerHeartbeat& heartbeat) override {
            auto renumbered = heartbeat;
            renumbered.number = ++number_;
            return InterceptingOperatorStore::heartbeat(renumbered);
        }

    private:
        std::uint64_t number_ = 0;
    };

    Operators operators_{*this};
};

/// A store that loses the tallies of the last heartbeat of a worker.
class WithoutTallies final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::OperatorStore* operators() noexcept override { return &operators_; }

private:
    friend asyncjobs::InterceptingOperatorStore<WithoutTallies>;

    auto intercept(std::string_view, const auto& call) { return call(inner()); }

    class Operators final : public asyncjobs::InterceptingOperatorStore<WithoutTallies> {
    public:
        using InterceptingOperatorStore::InterceptingOperatorStore;

        asyncjobs::WorkerOrders heartbeat(const asyncjobs::WorkerHeartbeat& heartbeat) override {
            auto last = heartbeat;
            if (heartbeat.report.state == asyncjobs::WorkerState::stopped) last.tallies.clear();
            return InterceptingOperatorStore::heartbeat(last);
        }
    };

    Operators operators_{*this};
};

/// A store that never admits jobs that wait for a limit.
class WithoutCalls final : public asyncjobs::ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    asyncjobs::Exchange exchange(std::span<const asyncjobs::Settlement> settlements,
                                 const asyncjobs::ClaimRequest& request) override {
        auto result = inner().exchange(settlements, request);
        for (const auto& job : result.throttled) {
            const asyncjobs::NewJob never{.id = job.id,
                                          .type = job.type,
                                          .delay = std::chrono::hours{1},
                                          .on_conflict = asyncjobs::OnConflict::replace};
            inner().submit({&never, 1});
        }
        return result;
    }
};

} // namespace simulation
