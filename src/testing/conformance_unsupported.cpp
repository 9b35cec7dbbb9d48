#include "conformance_check.hpp"

#include <asyncjobs/error.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

template <typename Call>
void expect_unsupported(std::string_view what, Call call) {
    try {
        call();
    } catch (const Error& error) {
        expect_equal(error.code() == Errc::unsupported, true,
                     fmt::format("{}: unsupported, not \"{}\"", what, error.what()));
        return;
    }
    fail(fmt::format("{}: expected Errc::unsupported, found no error", what));
}

void refuses_dependencies(Scene& scene) {
    JobStore& store = scene.store();
    const auto lease = scene.running({.queue = "running"}).lease;
    const auto parent = scene.submit();
    const std::vector<NewJob> jobs = {scene.filled(), scene.filled({.after = {parent}})};
    expect_unsupported("submit() of a job with a parent", [&] { store.submit(jobs); });
    expect_unsupported("exchange() with such a follow-up", [&] {
        const auto settlement = Settlement::completed(lease, {}).with_follow_ups(jobs);
        store.settle({&settlement, 1});
    });
    expect_unsupported("list() of parents", [&] { store.list({.needed_by = parent}); });
    expect_equal(ids_of(store.list({}).jobs), {parent, lease.id}, "jobs after that");
    expect_equal(scene.status(lease.id), JobStatus::processing, "status after that");
    expect_equal(store.promote(10).size(), 0, "jobs unblocked");
}

void refuses_limits(Scene& scene) {
    JobStore& store = scene.store();
    const auto id = scene.submit();
    const Limit limit{.name = "one", .concurrency = 1};
    expect_unsupported("set_limit()", [&] { store.set_limit(limit); });
    expect_unsupported("limits()", [&] { store.limits(); });
    expect_unsupported("exchange() with a limit", [&] {
        const std::vector<std::string> queues = {"default"};
        store.claim(
            {.worker = "worker", .queues = queues, .limit = 1, .limits = std::span(&limit, 1)});
    });
    expect_equal(scene.status(id), JobStatus::pending, "status after that");
}

void refuses_tombstones(Scene& scene) {
    const auto id = scene.completed({.owner = "ann", .retention = Duration::zero()});
    expect_equal(scene.store().purge(10), 1, "jobs purged");
    expect_unsupported("tombstone_owner()", [&] { scene.store().tombstone_owner(id); });
}

void refuses_queue_control(Scene& scene) {
    expect_unsupported("set_paused()", [&] { scene.store().set_paused("default", true); });
    scene.running();
}

void refuses_workload(Scene& scene) {
    expect_unsupported("workload()", [&] { scene.store().workload("default", "test"); });
}

} // namespace

Cases unsupported_cases() {
    return {
        {"a store without dependencies refuses jobs with parents",
         refuses_dependencies,
         {.dependencies = true}},
        {"a store without limits refuses them", refuses_limits, {.limits = true}},
        {"a store without tombstones refuses to read one",
         refuses_tombstones,
         {.tombstones = true}},
        {"a store without queue control refuses to pause a queue",
         refuses_queue_control,
         {.queue_control = true}},
        {"a store without workload refuses to count", refuses_workload, {.workload = true}},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
