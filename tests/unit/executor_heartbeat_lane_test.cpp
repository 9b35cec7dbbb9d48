#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stop_token>

using namespace asyncjobs;

namespace {

/// Heartbeats wait until the test lets them go; renewals are counted.
class BlockedHeartbeats final : public ForwardingJobStore {
public:
    explicit BlockedHeartbeats(JobStore& store) : ForwardingJobStore(store) {}
    OperatorStore* operators() noexcept override { return &operators_; }
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        auto renewed = inner().renew(heartbeats, lease_for);
        ++renewals;
        renewals.notify_all();
        return renewed;
    }

    std::atomic<int> renewals = 0;
    std::atomic<bool> are_free = false;

private:
    friend InterceptingOperatorStore<BlockedHeartbeats>;
    auto intercept(std::string_view member, const auto& call) {
        if (member == "operators.heartbeat") are_free.wait(false);
        return call(inner());
    }

    InterceptingOperatorStore<BlockedHeartbeats> operators_{*this};
};

} // namespace

TEST_CASE("a heartbeat that waits for the store delays no renewal of a lease") {
    MemoryJobStore memory;
    BlockedHeartbeats store{memory};
    Client client{store};
    Executor executor(store, {.lease_for = std::chrono::seconds{6}});
    executor.handle("long", [&](const JsonText&, JobContext& context) {
        const std::stop_callback lost(context.stop_token(), [&] {
            store.renewals = -1;
            store.renewals.notify_all();
        });
        int seen = store.renewals;
        for (; seen == 0; seen = store.renewals) store.renewals.wait(seen);
        return JsonText::trusted(seen < 0 ? "false" : "true");
    });
    executor.start();
    const auto job = client.wait(client.submit({.type = "long"}).id, std::chrono::minutes{1});
    store.are_free = true;
    store.are_free.notify_all();
    REQUIRE(job);
    CHECK(job->result == JsonText::trusted("true"));
    CHECK(job->attempt == 1);
}
