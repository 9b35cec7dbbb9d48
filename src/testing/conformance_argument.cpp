#include "conformance_check.hpp"

#include <limits>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();

void checks_queries(Scene& scene) {
    scene.submit(2);
    for (const std::size_t limit : {std::size_t{0}, JobQuery::max_limit + 1, huge - 1, huge})
        expect_refused("limit", [&] { scene.store().list({.limit = limit}); });
    expect_equal(scene.store().list({.limit = JobQuery::max_limit}).jobs.size(), 2,
                 "jobs listed under the highest limit");
    const std::string with_nul("a\0b", 3), not_utf8 = "\xff", too_long(256, 'x');
    for (const std::string& bad : {with_nul, not_utf8, too_long}) {
        expect_refused("owner", [&] { scene.store().list({.owner = bad}); });
        expect_refused("queue", [&] { scene.store().list({.queue = bad}); });
        expect_refused("type", [&] { scene.store().list({.type = bad}); });
    }
}

void checks_claims(Scene& scene) {
    const auto id = scene.submit();
    const std::vector<std::string> queues = {"default"}, odd = {"default", "no queue"};
    const auto claim = [&](const ClaimRequest& request) { scene.store().claim(request); };
    expect_refused("limit", [&] {
        claim({.worker = "w", .queues = queues, .limit = huge, .lease_for = long_lease});
    });
    for (const Duration lease : {Duration{-1}, Duration::min(), Duration::max()})
        expect_refused("lease_for", [&] {
            claim({.worker = "w", .queues = queues, .limit = 1, .lease_for = lease});
        });
    expect_refused("queue", [&] { claim({.worker = "w", .queues = odd, .limit = 1}); });
    expect_refused("worker", [&] {
        claim({.worker = std::string_view("a\0b", 3), .queues = queues, .limit = 1});
    });
    expect_refused("worker", [&] { scene.store().leases_of("\xff"); });
    expect_equal(scene.job(id).status, JobStatus::pending, "status after refused claims");

    const auto running = scene.running({.queue = "other"});
    const auto completed = Settlement::completed(running.lease, {});
    expect_refused("limit", [&] {
        scene.store().exchange({&completed, 1}, {.worker = "w", .queues = queues, .limit = huge});
    });
    expect_equal(scene.job(running.lease.id).status, JobStatus::processing,
                 "status after a refused exchange");
    const Heartbeat heartbeat{running.lease, Progress{50, ""}};
    for (const Duration lease : {Duration{-1}, Duration::max()})
        expect_refused("lease_for", [&] { scene.store().renew({&heartbeat, 1}, lease); });
    expect_equal(scene.job(running.lease.id).progress.percent, 0,
                 "progress after refused renewals");
}

void checks_sweeps(Scene& scene) {
    JobStore& store = scene.store();
    expect_refused("limit", [&] { store.rescue(huge, 3); });
    expect_refused("limit", [&] { store.promote(huge); });
    expect_refused("limit", [&] { store.purge(huge); });
    for (const int crash_limit : {0, -1})
        expect_refused("crash_limit", [&] { store.rescue(10, crash_limit); });
    expect_equal(store.rescue(0, 1).size(), 0, "leases rescued with a limit of 0");
}

void checks_cancellations(Scene& scene) {
    const auto id = scene.submit();
    expect_refused("reason", [&] {
        scene.store().cancel(id, {.reason = std::string(Cancellation::max_reason + 1, 'x')});
    });
    expect_equal(scene.job(id).status, JobStatus::pending, "status after a refused cancel");
}

constexpr std::string_view no_queues[] = {"", "a b", "\xff"};

void checks_pauses(Scene& scene) {
    const std::string too_long(101, 'x');
    expect_refused("queue", [&] { scene.store().set_paused(too_long, true); });
    for (const auto queue : no_queues)
        expect_refused("queue", [&] { scene.store().set_paused(queue, true); });
}

void checks_workloads(Scene& scene) {
    JobStore& store = scene.store();
    scene.submit();
    const std::string too_long(101, 'x');
    expect_refused("queue", [&] { store.workload(too_long, "test"); });
    for (const auto queue : no_queues)
        expect_refused("queue", [&] { store.workload(queue, "test"); });
    expect_refused("type", [&] { store.workload("default", "a b"); });
    expect_equal(store.workload("default", "").waiting, 1, "jobs waiting, without a type");
}

void checks_limits(Scene& scene) {
    JobStore& store = scene.store();
    expect_refused("burst", [&] {
        store.set_limit({.name = "l", .queue = "default", .concurrency = 1, .burst = 0});
    });
    expect_refused("name", [&] { store.set_limit({.name = "a b", .concurrency = 1}); });
    expect_equal(store.limits().size(), 0, "limits after refused ones");
}

} // namespace

Cases argument_cases() {
    return {
        {"a query out of range is refused", checks_queries},
        {"a claim or renewal out of range is refused and changes nothing", checks_claims},
        {"a sweep out of range is refused", checks_sweeps},
        {"a cancellation out of range is refused and changes nothing", checks_cancellations},
        {"a pause of a queue out of range is refused", checks_pauses, {.queue_control = true}},
        {"a workload out of range is refused", checks_workloads, {.workload = true}},
        {"a limit out of range is refused and changes nothing", checks_limits, {.limits = true}},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
