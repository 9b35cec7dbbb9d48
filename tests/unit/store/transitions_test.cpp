#include <asyncjobs/store/transitions.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace transitions_test {
namespace {

using Kind = Settlement::Kind;

const JobId job_id = JobId::make(Timestamp{}, 0, 1);
const JobId parent_id = JobId::make(Timestamp{}, 0, 2);
constexpr Timestamp start{std::chrono::days{20'000}};
constexpr Timestamp later = start + 1min;
constexpr Duration day = 24h;

StoredJob pending(NewJob wanted = {}) {
    wanted.id = job_id;
    wanted.type = "report";
    wanted.retention = day;
    return transitions::make_job(wanted, wanted.after.size(), 0, start);
}

StoredJob processing(bool ahead = false) {
    auto job = pending();
    transitions::claim(job, {.worker = "worker", .queues = {}, .lease_for = 30s, .ahead = ahead},
                       start);
    return job;
}

StoredJob cancel_requested(bool ahead = false) {
    auto job = processing(ahead);
    transitions::cancel(job, {.reason = "too long"}, start);
    return job;
}

LeaseRef lease_of(const Job& job) { return {job.id, job.fence}; }

Settlement settlement(Kind kind, const LeaseRef& lease) {
    switch (kind) {
    case Kind::completed:
        return Settlement::completed(lease, JsonText::parse("7"));
    case Kind::failed:
        return Settlement::failed(lease, {.code = "E1", .message = "broken"});
    case Kind::retried:
        return Settlement::retried(lease, {.code = "E1", .message = "broken"}, 10s);
    case Kind::released:
        return Settlement::released(lease, 5s);
    case Kind::cancelled:
        break;
    }
    return Settlement::cancelled(lease);
}

TEST_CASE("a new job has the members of its submit and the time of its call") {
    const auto job = transitions::make_job({.id = job_id,
                                            .type = "report",
                                            .queue = "reports",
                                            .owner = "anna",
                                            .priority = 3,
                                            .max_attempts = 2,
                                            .delay = 10s,
                                            .start_within = 20s,
                                            .retention = day,
                                            .unique_key = "u",
                                            .idempotency_key = "i",
                                            .limit_key = "l",
                                            .after = {job_id, job_id},
                                            .on_parent_failure = OnParentFailure::run},
                                           2, 41, start);
    CHECK(job.status == JobStatus::pending);
    CHECK(job.queue == "reports");
    CHECK(job.owner == "anna");
    CHECK(job.priority == 3);
    CHECK(job.max_attempts == 2);
    CHECK(job.attempt == 0);
    CHECK(job.fence == 41);
    CHECK(job.revision == 1);
    CHECK(job.unique_key == "u");
    CHECK(job.idempotency_key == "i");
    CHECK(job.limit_key == "l");
    CHECK(job.parents == 2);
    CHECK(job.blocked_by == 2);
    CHECK(job.on_parent_failure == OnParentFailure::run);
    CHECK(job.created_at == start);
    CHECK(job.updated_at == start);
    CHECK(job.run_at == start + 10s);
    CHECK(job.deadline == start + 30s);
    CHECK(job.retention == day);
    CHECK(job.keep_failed == day);
}

TEST_CASE("a new job's times follow run_at, delay, deadline and start_within") {
    struct Row {
        NewJob wanted;
        Timestamp run_at;
        std::optional<Timestamp> deadline;
    };
    const Row rows[] = {
        {{}, start, std::nullopt},
        {{.delay = 3s}, start + 3s, std::nullopt},
        {{.run_at = start - 5s}, start - 5s, std::nullopt},
        {{.run_at = start + 5s, .start_within = 2s}, start + 5s, start + 7s},
        {{.deadline = start + 9s}, start, start + 9s},
    };
    for (const auto& row : rows) {
        CHECK(transitions::run_at_of(row.wanted, start) == row.run_at);
        CHECK(transitions::deadline_of(row.wanted, row.run_at) == row.deadline);
    }
}

TEST_CASE("only a pending job is replaced, and only if that was asked for") {
    for (const auto on_conflict : {OnConflict::keep, OnConflict::replace, OnConflict::refuse}) {
        const NewJob wanted{.input = JsonText::parse("2"), .delay = 3s, .on_conflict = on_conflict};
        auto waiting = pending(), running = processing();
        CHECK(transitions::replace(waiting, wanted, later) == (on_conflict == OnConflict::replace));
        CHECK(waiting.revision == (on_conflict == OnConflict::replace ? 2 : 1));
        CHECK(waiting.run_at == (on_conflict == OnConflict::replace ? later + 3s : start));
        CHECK_FALSE(transitions::replace(running, wanted, later));
        CHECK(running.revision == 2);
    }
}

TEST_CASE("a claim charges an attempt, raises the fence and clears the progress") {
    auto job = pending();
    job.progress = {.percent = 40, .message = "old"};
    transitions::claim(job, {.worker = "worker", .queues = {}, .lease_for = 30s, .ahead = true},
                       later);
    CHECK(job.status == JobStatus::processing);
    CHECK(job.attempt == 1);
    CHECK(job.fence == 1);
    CHECK(job.worker == "worker");
    CHECK(job.progress == Progress{});
    CHECK(job.started_at == later);
    CHECK(job.lease_expires_at == later + 30s);
    CHECK(job.lease_for == 30s);
    CHECK(job.ahead.claimed);
    CHECK(job.revision == 2);
    CHECK(job.updated_at == later);
    CHECK(job.run_at == start);
}

TEST_CASE("a settlement gives the status of its kind and of a cancel request") {
    struct Row {
        Kind kind;
        std::optional<JobStatus> status, status_if_cancel_requested;
        int attempt;
        std::size_t errors;
    };
    const Row rows[] = {
        {Kind::completed, JobStatus::completed, JobStatus::completed, 1, 0},
        {Kind::failed, JobStatus::failed, JobStatus::failed, 1, 1},
        {Kind::retried, JobStatus::pending, JobStatus::cancelled, 1, 1},
        {Kind::released, JobStatus::pending, JobStatus::cancelled, 0, 0},
        {Kind::cancelled, std::nullopt, JobStatus::cancelled, 1, 0},
    };
    for (const auto& row : rows)
        for (const bool cancel : {false, true}) {
            CAPTURE(static_cast<int>(row.kind));
            CAPTURE(cancel);
            const auto expected = cancel ? row.status_if_cancel_requested : row.status;
            CHECK(transitions::status_after(row.kind, cancel) == expected);
            auto job = cancel ? cancel_requested() : processing();
            const auto before = job;
            const auto settled =
                transitions::settle(job, settlement(row.kind, lease_of(job)), later);
            CHECK(settled.accepted == expected.has_value());
            if (!expected) {
                CHECK(job.revision == before.revision);
                CHECK(job.lease_expires_at == before.lease_expires_at);
                continue;
            }
            CHECK(settled.status == *expected);
            CHECK(job.status == *expected);
            CHECK(job.revision == before.revision + 1);
            CHECK(job.updated_at == later);
            CHECK(job.attempt == row.attempt);
            CHECK(job.attempt_errors.size() == row.errors);
            CHECK(job.error.has_value() == (row.errors > 0));
            CHECK_FALSE(job.lease_expires_at);
            CHECK(job.finished_at ==
                  (is_finished(*expected) ? std::optional(later) : std::nullopt));
            CHECK(job.expires_at ==
                  (is_finished(*expected) ? std::optional(later + day) : std::nullopt));
        }
}

TEST_CASE("a completed job has its result, all of its progress and no error") {
    auto job = processing();
    job.error = JobError{.code = "E1"};
    transitions::settle(job, settlement(Kind::completed, lease_of(job)).with_progress({60, "near"}),
                        later);
    CHECK(job.result->text() == "7");
    CHECK(job.progress == Progress{100, "near"});
    CHECK_FALSE(job.error);
}

TEST_CASE("a settlement with a delay is due after it, one without keeps the place") {
    struct Row {
        Settlement settlement;
        Timestamp run_at;
    };
    const LeaseRef lease{job_id, 1};
    const Row rows[] = {
        {Settlement::retried(lease, {.code = "E1"}, 10s), later + 10s},
        {Settlement::retried(lease, {.code = "E1"}, 0s), later},
        {Settlement::released(lease, 10s), later + 10s},
        {Settlement::released(lease), start},
    };
    for (const auto& row : rows) {
        auto job = processing();
        CHECK(transitions::settle(job, row.settlement, later).accepted);
        CHECK(job.run_at == row.run_at);
    }
}

TEST_CASE("a write with an old fence, or to a job that is not processing, changes nothing") {
    auto job = processing();
    const LeaseRef old{job.id, job.fence - 1};
    CHECK_FALSE(transitions::settle(job, Settlement::completed(old, {}), later).accepted);
    CHECK_FALSE(
        transitions::heartbeat(job, {.lease = old, .progress = Progress{50, ""}}, 1h, later).kept);
    CHECK_FALSE(transitions::check_lease(job, old).kept);
    CHECK(job.revision == 2);
    CHECK(job.progress.percent == 0);
    const auto lease = lease_of(job);
    transitions::settle(job, Settlement::released(lease), later);
    CHECK_FALSE(transitions::settle(job, Settlement::completed(lease, {}), later).accepted);
    CHECK(job.status == JobStatus::pending);
}

TEST_CASE("a settlement after the lease ran out is accepted") {
    auto job = processing();
    CHECK(transitions::settle(job, Settlement::completed(lease_of(job), {}), start + 1h).accepted);
}

TEST_CASE("a heartbeat extends the lease, and changes the revision only with the progress") {
    auto job = processing(true);
    const auto lease = lease_of(job);
    const auto renewal = transitions::heartbeat(
        job, {.lease = lease, .step = Step{"load", {}}, .started = true}, 1h, later);
    CHECK(renewal.kept);
    CHECK_FALSE(renewal.cancel_requested);
    CHECK(job.lease_expires_at == later + 1h);
    CHECK(job.lease_for == 1h);
    CHECK(job.steps.size() == 1);
    CHECK_FALSE(job.ahead.claimed);
    CHECK(job.revision == 2);
    for (const auto& [percent, known] : {std::pair{50, 50}, {30, 50}, {50, 50}, {70, 70}}) {
        transitions::heartbeat(
            job, {.lease = lease, .progress = Progress{percent, ""}, .step = Step{"load", {}}}, 1h,
            later);
        CHECK(job.progress.percent == known);
    }
    CHECK(job.steps.size() == 1);
    CHECK(job.revision == 4);
    transitions::cancel(job, {}, later);
    CHECK(transitions::heartbeat(job, {.lease = lease}, 1h, later).cancel_requested);
    CHECK(transitions::check_lease(job, lease).cancel_requested);
}

TEST_CASE("a lease that ran out refunds the attempt, and counts a crash if the job had started") {
    struct Row {
        bool ahead, cancel;
        int crash_limit;
        JobStatus status;
        int crashes;
        Timestamp run_at;
    };
    const Row rows[] = {
        {false, false, 2, JobStatus::pending, 1, later},
        {false, false, 1, JobStatus::failed, 1, start},
        {false, true, 2, JobStatus::cancelled, 1, start},
        {false, true, 1, JobStatus::failed, 1, start},
        {true, false, 1, JobStatus::pending, 0, start},
        {true, true, 1, JobStatus::cancelled, 0, start},
    };
    for (const auto& row : rows) {
        CAPTURE(row.ahead);
        CAPTURE(row.cancel);
        CAPTURE(row.crash_limit);
        auto job = row.cancel ? cancel_requested(row.ahead) : processing(row.ahead);
        const auto revision = job.revision;
        transitions::expire_lease(job, row.crash_limit, later);
        CHECK(job.status == row.status);
        CHECK(job.attempt == 0);
        CHECK(job.crashes == row.crashes);
        CHECK(job.ahead.lost == row.ahead);
        CHECK(job.run_at == row.run_at);
        CHECK(job.revision == revision + 1);
        CHECK_FALSE(job.lease_expires_at);
        const bool failed = row.status == JobStatus::failed;
        CHECK(job.attempt_errors.size() == (failed ? 1 : 0));
        if (failed) CHECK(job.error->code == error_code::worker_lost);
    }
}

TEST_CASE("a cancellation cancels what is pending or forced, and asks what is processing") {
    struct Row {
        StoredJob job;
        bool force;
        CancelOutcome outcome;
        std::string reason;
        int changes;
    };
    auto completed = processing();
    transitions::settle(completed, settlement(Kind::completed, lease_of(completed)), start);
    auto cancelled = pending();
    transitions::cancel(cancelled, {.reason = "first"}, start);
    const Row rows[] = {
        {pending(), false, CancelOutcome::cancelled, "now", 1},
        {processing(), false, CancelOutcome::requested, "now", 1},
        {processing(), true, CancelOutcome::cancelled, "now", 1},
        {cancel_requested(), false, CancelOutcome::requested, "too long", 0},
        {cancel_requested(), true, CancelOutcome::cancelled, "now", 1},
        {completed, true, CancelOutcome::already_finished, "", 0},
        {cancelled, true, CancelOutcome::already_cancelled, "first", 0},
    };
    for (const auto& row : rows) {
        auto job = row.job;
        CHECK(transitions::cancel(job, {.reason = "now", .force = row.force}, later) ==
              row.outcome);
        CHECK(job.cancel_reason == row.reason);
        CHECK(job.revision == row.job.revision + row.changes);
        if (row.outcome == CancelOutcome::cancelled) {
            CHECK(job.status == JobStatus::cancelled);
            CHECK(job.finished_at == later);
            CHECK_FALSE(job.lease_expires_at);
        }
    }
}

TEST_CASE("a restart clears attempts, errors and the cancellation, and keeps fence and steps") {
    auto job = processing();
    job.deadline = later;
    transitions::heartbeat(job, {.lease = lease_of(job), .step = Step{"load", {}}}, 1h, start);
    transitions::cancel(job, {.reason = "too long"}, start);
    CHECK(transitions::check_restart(job) == RetryOutcome::not_finished);
    transitions::settle(job, settlement(Kind::failed, lease_of(job)), start);
    CHECK(transitions::check_restart(job) == RetryOutcome::retried);
    const auto revision = job.revision;
    transitions::restart(job, later);
    CHECK(job.status == JobStatus::pending);
    CHECK(job.run_at == later);
    CHECK(job.attempt == 0);
    CHECK(job.crashes == 0);
    CHECK(job.fence == 1);
    CHECK(job.steps.size() == 1);
    CHECK(job.attempt_errors.empty());
    CHECK_FALSE(job.error);
    CHECK_FALSE(job.deadline);
    CHECK_FALSE(job.cancel_requested_at);
    CHECK(job.cancel_reason.empty());
    CHECK_FALSE(job.finished_at);
    CHECK_FALSE(job.expires_at);
    CHECK(job.revision == revision + 1);
    auto completed = processing();
    transitions::settle(completed, settlement(Kind::completed, lease_of(completed)), start);
    CHECK(transitions::check_restart(completed) == RetryOutcome::already_completed);
}

TEST_CASE("a pending job that waits for its time, and for nothing else, can be made due") {
    NewJob wanted{.run_at = start + 1h, .deadline = start + 2h};
    StoredJob job = transitions::make_job(wanted, 0, 0, start);
    CHECK(transitions::run_now(job, start + 1s) == RunNowOutcome::made_due);
    CHECK(job.run_at == start + 1s);
    CHECK(job.updated_at == start + 1s);
    CHECK(job.revision == 2);
    CHECK(job.deadline == start + 2h);
    CHECK(transitions::run_now(job, start + 1s) == RunNowOutcome::already_due);
    CHECK(job.revision == 2);
    StoredJob child = transitions::make_job(wanted, 1, 0, start);
    CHECK(transitions::run_now(child, start) == RunNowOutcome::blocked);
    auto running = processing();
    CHECK(transitions::run_now(running, start) == RunNowOutcome::already_running);
    transitions::settle(running, settlement(Kind::failed, lease_of(running)), start);
    CHECK(transitions::run_now(running, start) == RunNowOutcome::already_finished);
}

TEST_CASE("finished parents unblock, fail or cancel a job by its policy") {
    struct Row {
        OnParentFailure policy;
        int count;
        std::optional<JobStatus> unsuccessful;
        JobStatus status;
        int blocked_by;
    };
    using enum JobStatus;
    const Row rows[] = {
        {OnParentFailure::cancel, 1, std::nullopt, pending, 1},
        {OnParentFailure::cancel, 2, std::nullopt, pending, 0},
        {OnParentFailure::cancel, 1, failed, cancelled, 0},
        {OnParentFailure::fail, 1, cancelled, failed, 0},
        {OnParentFailure::run, 1, failed, pending, 1},
        {OnParentFailure::run, 2, cancelled, pending, 0},
    };
    for (const auto& row : rows) {
        auto child = transitions_test::pending(
            {.after = {parent_id, JobId()}, .on_parent_failure = row.policy});
        Job parent;
        parent.id = parent_id;
        parent.status = row.unsuccessful.value_or(completed);
        CHECK(transitions::parents_finished(child, row.count, row.unsuccessful ? &parent : nullptr,
                                            later));
        CHECK(child.status == row.status);
        CHECK(child.blocked_by == row.blocked_by);
        CHECK(child.revision == 2);
        CHECK(child.run_at == (row.status == pending && row.blocked_by == 0 ? later : start));
        CHECK(child.error.has_value() == (row.status == failed));
        CHECK(child.cancel_reason.empty() == (row.status != cancelled));
        if (row.status != pending || row.blocked_by == 0)
            CHECK_FALSE(transitions::parents_finished(child, 1, nullptr, later));
    }
}

} // namespace
} // namespace transitions_test
