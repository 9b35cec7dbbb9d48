#include "../seeds.hpp"
#include "schedule_fleet.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace simulation;

/// A store that submits follow-ups outside the transaction of the settlement, and crashes in
/// between.
class FollowUpsApart final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        std::vector<Settlement> bare;
        std::vector<NewJob> jobs;
        for (const auto& settlement : settlements) {
            bare.push_back(Settlement(settlement).with_follow_ups({}));
            const auto& follow_ups = settlement.follow_ups();
            jobs.insert(jobs.end(), follow_ups.begin(), follow_ups.end());
        }
        auto result = inner().exchange(bare, request);
        if (!jobs.empty() && ++calls_ % 8 != 0) inner().submit(jobs);
        return result;
    }

private:
    int calls_ = 0;
};

} // namespace

TEST_CASE("each slot fires once through crashes, pauses, changes and failing store calls") {
    CHECK(broken_seeds([](std::uint64_t seed) { return run_schedule_fleet(seed); }) == 0);
}

TEST_CASE("a run of the schedulers can be repeated from its seed") {
    const Plant plant = [](JobStore& inner) { return std::make_unique<FollowUpsApart>(inner); };
    const auto once = run_schedule_fleet(7, plant);
    REQUIRE(!once.empty());
    CHECK(run_schedule_fleet(7, plant) == once);
}

TEST_CASE("a settlement without its follow-ups is caught") {
    const Plant plant = [](JobStore& inner) { return std::make_unique<FollowUpsApart>(inner); };
    std::uint64_t caught = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        caught += run_schedule_fleet(seed, plant).empty() ? 0 : 1;
    CHECK(caught > 0);
}
