#pragma once

#include "claims.hpp"

namespace broken {

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

} // namespace broken
