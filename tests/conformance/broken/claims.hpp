#pragma once

#include "store.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace broken {

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

struct HeldIgnoresTheWorker final : ChangedClaims {
    using ChangedClaims::ChangedClaims;
    void change_result(Exchange& result, const ClaimRequest&) override {
        for (const auto& job : result.claimed) claimed_.push_back(job);
    }
    std::vector<ClaimedJob> leases_of(std::string_view) override { return claimed_; }

private:
    std::vector<ClaimedJob> claimed_;
};

} // namespace broken
