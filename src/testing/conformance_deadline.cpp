#include "conformance_check.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void is_stored_and_returned_as_time_left(Scene& scene) {
    const auto id = scene.submit({.deadline = far_ahead});
    expect_equal(scene.job(id).deadline, far_ahead, "deadline");
    const auto claimed = scene.claim_one();
    expect_equal(claimed.start_within, far_ahead - *scene.job(id).started_at, "start_within");
    expect_equal(scene.store().leases_of("worker").front().start_within, claimed.start_within,
                 "start_within of a leased job");
}

void counts_from_when_the_job_is_due(Scene& scene) {
    const auto now = scene.submit({.queue = "other", .start_within = an_hour});
    expect_equal(scene.job(now).deadline, scene.job(now).run_at + an_hour, "deadline");
    const auto later = scene.submit({.run_at = long_ago, .start_within = an_hour});
    expect_equal(scene.job(later).deadline, long_ago + an_hour, "deadline of a run_at");
    expect(scene.claim_one().start_within < Duration::zero(),
           "start_within of a past deadline to be negative");
}

void is_empty_by_default(Scene& scene) {
    const auto claimed = scene.running();
    expect_equal(claimed.start_within, std::nullopt, "start_within");
    expect_equal(scene.job(claimed.lease.id).deadline, std::nullopt, "deadline");
}

void is_cleared_by_a_restart(Scene& scene) {
    const auto id = scene.failed({.deadline = far_ahead});
    scene.store().retry(id);
    expect_equal(scene.job(id).deadline, std::nullopt, "deadline");
}

} // namespace

Cases deadline_cases() {
    return {{"a deadline is stored, and a claim returns the time left",
             is_stored_and_returned_as_time_left},
            {"a deadline given as a duration counts from the job's due time",
             counts_from_when_the_job_is_due},
            {"a job without a deadline has no time limit", is_empty_by_default},
            {"a restarted job has no deadline", is_cleared_by_a_restart}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
