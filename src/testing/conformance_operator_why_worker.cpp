#include "conformance_fleet.hpp"

/// What a due job waits for, by the reports of workers.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// A worker for the jobs that Scene submits: with two slots.
SentHeartbeats worker_for_all(Scene& scene, std::string name = "a") {
    SentHeartbeats worker(scene.operators(), std::move(name));
    worker.next().report.queues = {"default"};
    worker.next().report.types = {"test"};
    worker.next().report.concurrency = 2;
    return worker;
}

void expect_workers(Scene& scene, const JobId& id, std::optional<WorkerWait> expected,
                    std::string_view when) {
    const JobWait wait = why(scene, id);
    expect_equal(wait.type, "test", "type");
    expect(wait.workers == expected, fmt::format("the workers that a job waits for, {}", when));
}

void waits_for_a_worker_with_a_handler(Scene& scene) {
    const auto id = scene.submit();
    expect_workers(scene, id, WorkerWait{}, "without a worker");
    auto stranger = worker_for_all(scene, "stranger");
    stranger.next().report.queues = {"other"};
    stranger.send();
    expect_workers(scene, id, WorkerWait{}, "if none serves its queue");
    stranger.next().report.queues = {"default"};
    stranger.next().report.types = {"tests", "tes"};
    stranger.send();
    expect_workers(scene, id, WorkerWait{}, "if none has a handler for its type");
    worker_for_all(scene).send();
    expect_workers(scene, id, std::nullopt, "with a free worker");
}

void waits_for_a_free_worker(Scene& scene) {
    const auto id = scene.submit();
    auto first = worker_for_all(scene, "first"), second = worker_for_all(scene, "second");
    first.next().report.running = 2;
    first.send();
    expect_workers(scene, id, WorkerWait{.workers = 1, .busy = 1}, "with a busy worker");
    second.next().report.state = WorkerState::quiet;
    second.send();
    expect_workers(scene, id, WorkerWait{.workers = 2, .quiet = 1, .busy = 1},
                   "with a busy and a quiet one");
    first.next().report.state = WorkerState::stopping;
    first.send();
    expect_workers(scene, id, WorkerWait{.workers = 2, .quiet = 2},
                   "with a quiet and a stopping one");
    first.next().report.state = WorkerState::stopped;
    first.send();
    expect_workers(scene, id, WorkerWait{.workers = 1, .quiet = 1}, "if one has stopped");
    second.next().report.state = WorkerState::running;
    second.send();
    expect_workers(scene, id, std::nullopt, "with a free worker");
}

void waits_for_nothing_else_first(Scene& scene) {
    const auto scheduled = scene.submit({.delay = an_hour});
    expect(!why(scene, scheduled).workers, "a job that is not due not to wait for a worker");
    const auto claimed = scene.running({.queue = "other"}).lease.id;
    expect(!why(scene, claimed).workers, "a job that runs not to wait for a worker");
}

} // namespace

Cases operator_why_worker_cases() {
    return {
        {"a due job waits for a living worker that serves its queue and has a handler for its type",
         waits_for_a_worker_with_a_handler},
        {"a due job waits while the workers that could run it are busy or claim nothing",
         waits_for_a_free_worker},
        {"only a due job waits for a worker", waits_for_nothing_else_first},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
