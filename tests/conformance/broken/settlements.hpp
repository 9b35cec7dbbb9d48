#pragma once

#include "store.hpp"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace broken {

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

} // namespace broken
