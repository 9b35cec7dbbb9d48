#include "conformance_check.hpp"

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// The states of a job. Each is tried with each operation.
enum class Start {
    pending,
    scheduled,
    released, ///< pending again, with an ended lease
    processing,
    asked,     ///< processing, with a cancel request
    abandoned, ///< processing, with an expired lease
    completed,
    failed,
    cancelled,
};

constexpr std::array<std::string_view, 9> start_names = {
    "pending",   "scheduled", "released", "processing", "processing with a cancel request",
    "abandoned", "completed", "failed",   "cancelled"};

JobId put(Scene& scene, Start start, const std::string& queue) {
    const NewJob job{.queue = queue};
    switch (start) {
    case Start::pending:
        return scene.submit(job);
    case Start::scheduled:
        return scene.submit({.queue = queue, .delay = an_hour});
    case Start::processing:
        return scene.running(job).lease.id;
    case Start::abandoned:
        return scene.running(job, no_lease).lease.id;
    case Start::completed:
        return scene.completed(job);
    case Start::failed:
        return scene.failed(job);
    case Start::cancelled:
        return scene.cancelled(job);
    case Start::released: {
        const auto lease = scene.running(job).lease;
        scene.accept(Settlement::released(lease));
        return lease.id;
    }
    case Start::asked: {
        const auto id = scene.running(job).lease.id;
        scene.store().cancel(id, {});
        return id;
    }
    }
    fail("unreachable");
}

/// Tries an operation on a job with its current fence; returns whether the store reports success.
using Operation = bool (*)(Scene&, const Job&);

LeaseRef lease_of(const Job& job) { return {job.id, job.fence}; }

bool complete(Scene& scene, const Job& job) {
    return scene.settle(Settlement::completed(lease_of(job), {})).accepted;
}

bool fail_for_good(Scene& scene, const Job& job) {
    return scene.settle(Settlement::failed(lease_of(job), {.code = "E2"})).accepted;
}

bool try_again(Scene& scene, const Job& job) {
    return scene.settle(Settlement::retried(lease_of(job), {.code = "E2"}, an_hour)).accepted;
}

bool release(Scene& scene, const Job& job) {
    return scene.settle(Settlement::released(lease_of(job), an_hour)).accepted;
}

bool settle_cancelled(Scene& scene, const Job& job) {
    return scene.settle(Settlement::cancelled(lease_of(job))).accepted;
}

bool report(Scene& scene, const Job& job) {
    return scene.renew(lease_of(job), Progress{50, "half"}).kept;
}

bool claim(Scene& scene, const Job& job) {
    return ids_of(scene.claim(1, {job.queue})) == std::vector{job.id};
}

bool rescue(Scene& scene, const Job& job) {
    const auto rescued = scene.store().rescue(100, many_crashes);
    return std::any_of(rescued.begin(), rescued.end(),
                       [&](const Rescued& one) { return one.id == job.id; });
}

bool cancel(Scene& scene, const Job& job) {
    const auto outcome = scene.store().cancel(job.id, {});
    return outcome == CancelOutcome::cancelled || outcome == CancelOutcome::requested;
}

bool retry(Scene& scene, const Job& job) {
    return scene.store().retry(job.id) == RetryOutcome::retried;
}

bool remove(Scene& scene, const Job& job) {
    return scene.store().remove(job.id) == RemoveOutcome::removed;
}

bool purge(Scene& scene, const Job&) { return scene.store().purge(100) > 0; }

/// `expected` has a letter for each Start: `P`ending, p`R`ocessing, `C`ompleted, `F`ailed,
/// cancelled `X`, `G`one; `-`: refused; `=`: accepted without a change.
void try_all(Scene& scene, Operation operation, std::string_view expected) {
    for (std::size_t i = 0; i < start_names.size(); ++i) {
        const auto id = put(scene, static_cast<Start>(i), fmt::format("queue-{}", i));
        const auto before = scene.job(id);
        const char wanted = expected[i];
        const auto of = fmt::format("of a job that is {}", start_names[i]);
        expect_equal(operation(scene, before), wanted != '-', fmt::format("result {}", of));
        const auto after = scene.find(id);
        expect_equal(after.has_value(), wanted != 'G', fmt::format("existence {}", of));
        if (wanted == '-' || wanted == '=') {
            expect_same(*after, before, of);
        } else if (after) {
            const auto status = wanted == 'P'   ? JobStatus::pending
                                : wanted == 'R' ? JobStatus::processing
                                : wanted == 'C' ? JobStatus::completed
                                : wanted == 'F' ? JobStatus::failed
                                                : JobStatus::cancelled;
            expect_equal(after->status, status, fmt::format("status {}", of));
            expect_equal(after->revision, before.revision + 1, fmt::format("revision {}", of));
            expect(after->updated_at >= before.updated_at, "updated_at not to go back");
        }
        scene.store().remove(id);
    }
}

} // namespace

Cases transition_cases() {
    // In the order of Start:  pending, scheduled, released | processing, asked, abandoned |
    //                         completed, failed, cancelled
    return {
        {"completing is for processing jobs",
         [](Scene& scene) { try_all(scene, complete, "---CCC---"); }},
        {"failing is for processing jobs",
         [](Scene& scene) { try_all(scene, fail_for_good, "---FFF---"); }},
        {"retrying an attempt is for processing jobs without a cancel request",
         [](Scene& scene) { try_all(scene, try_again, "---PXP---"); }},
        {"releasing is for processing jobs without a cancel request",
         [](Scene& scene) { try_all(scene, release, "---PXP---"); }},
        {"a worker cancels only jobs with a cancel request",
         [](Scene& scene) { try_all(scene, settle_cancelled, "----X----"); }},
        {"reporting is for processing jobs",
         [](Scene& scene) { try_all(scene, report, "---RRR---"); }},
        {"claiming is for due pending jobs",
         [](Scene& scene) { try_all(scene, claim, "R-R------"); }},
        {"rescuing is for processing jobs with an expired lease",
         [](Scene& scene) { try_all(scene, rescue, "-----P---"); }},
        {"cancelling is for pending and processing jobs",
         [](Scene& scene) { try_all(scene, cancel, "XXXR=R---"); }},
        {"retrying is for failed and cancelled jobs",
         [](Scene& scene) { try_all(scene, retry, "-------PP"); }},
        {"removing is for finished jobs",
         [](Scene& scene) { try_all(scene, remove, "------GGG"); }},
        {"purging leaves everything that has not expired",
         [](Scene& scene) { try_all(scene, purge, "---------"); }},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
