#include "conformance_fleet.hpp"

#include <limits>

/// The workers that operators see.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void returns_reports(Scene& scene) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    WorkerReport report = report_of("worker \"1\" in Köln");
    report.host = "host\\1";
    report.process = most;
    report.version = "1.2+ü";
    report.started_at = far_ahead;
    report.running = 3;
    report.queues = {"b", "a", "b/c"};
    report.types = {"report.pdf"};
    const Timestamp before = scene.operators().counts().now;
    scene.operators().heartbeat({.report = report, .run = most, .number = 1});
    const auto page = scene.operators().workers({}, 1);
    expect_equal(page.workers.size(), 1, "workers");
    expect(page.workers[0].report == report, "the report as it was sent");
    expect(page.workers[0].last_heartbeat >= before && page.workers[0].last_heartbeat <= page.now,
           "the time of the heartbeat by the store's clock");
    expect(!page.workers[0].pending, "no order");
    expect(!page.next, "no further page");
}

void lists_workers_by_name(Scene& scene) {
    const std::vector<std::string> names = {"A", "a", "a ", "a b", "b", "é"};
    for (auto name = names.rbegin(); name != names.rend(); ++name)
        SentHeartbeats(scene.operators(), *name).send();
    for (std::size_t limit = 1; limit <= names.size() + 1; ++limit) {
        std::vector<std::string> found;
        std::optional<std::string> after = "";
        for (std::size_t pages = 0; after && pages <= names.size(); ++pages) {
            const auto page = scene.operators().workers(*after, limit);
            expect(page.workers.size() <= limit, "no more workers in a page than its limit");
            for (const auto& worker : page.workers) found.push_back(worker.report.worker);
            after = page.next;
        }
        expect_equal(found, names, fmt::format("workers in pages of {}", limit));
    }
}

void replaces_the_report(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    for (const auto state :
         {WorkerState::quiet, WorkerState::stopping, WorkerState::running, WorkerState::stopped}) {
        worker.next().report.state = state;
        worker.next().report.queues.push_back("more");
        worker.send();
        expect(record_of(scene, "a").report == worker.next().report, "the latest report");
    }
    expect_equal(scene.operators().workers({}, 10).workers.size(), 1, "workers");
}

void ignores_repeated_heartbeats(Scene& scene) {
    SentHeartbeats worker(scene.operators());
    worker.send();
    worker.send();
    const auto report = worker.next().report;
    worker.next().report.running = 2;
    for (worker.next().number = 2; worker.next().number > 0; --worker.next().number) {
        worker.resend();
        expect(record_of(scene, "a").report == report, "the report of the last number");
    }
}

void takes_another_run(Scene& scene) {
    SentHeartbeats first(scene.operators(), "a", 1), second(scene.operators(), "a", 2);
    first.send();
    first.send();
    second.next().report.running = 2;
    second.send();
    expect(record_of(scene, "a").report == second.next().report, "the report of the new run");
}

void checks_reports(Scene& scene) {
    const auto refused = [&](std::string_view argument, auto change) {
        WorkerHeartbeat heartbeat{.report = report_of("a"), .run = 1, .number = 1};
        change(heartbeat.report);
        expect_refused(argument, [&] { scene.operators().heartbeat(heartbeat); });
    };
    const std::string with_nul("a\0b", 3), not_utf8 = "\xff", too_long(256, 'x');
    for (const std::string& bad : {with_nul, not_utf8, too_long}) {
        refused("worker", [&](WorkerReport& report) { report.worker = bad; });
        refused("host", [&](WorkerReport& report) { report.host = bad; });
        refused("version", [&](WorkerReport& report) { report.version = bad; });
        refused("queue", [&](WorkerReport& report) { report.queues = {bad}; });
        refused("type", [&](WorkerReport& report) { report.types = {"good", bad}; });
    }
    refused("worker", [](WorkerReport& report) { report.worker.clear(); });
    refused("started_at",
            [](WorkerReport& report) { report.started_at -= 60 * 366 * 24 * an_hour; });
    refused("concurrency", [](WorkerReport& report) { report.concurrency = 10'001; });
    refused("next_within", [](WorkerReport& report) { report.next_within = Duration{0}; });
    refused("next_within",
            [](WorkerReport& report) { report.next_within = an_hour + Duration{1}; });
    refused("the number of types",
            [](WorkerReport& report) { report.types.assign(WorkerReport::max_names + 1, "a"); });
    WorkerHeartbeat unnumbered{.report = report_of("a")};
    expect_refused("number", [&] { scene.operators().heartbeat(unnumbered); });
    expect(scene.operators().workers({}, 10).workers.empty(), "no worker of a refused heartbeat");
    for (const std::size_t limit : {std::size_t{0}, OperatorStore::max_workers + 1})
        expect_refused("limit", [&] { scene.operators().workers({}, limit); });
    for (const std::string& bad : {with_nul, not_utf8, too_long})
        expect_refused("after", [&] { scene.operators().workers(bad, 10); });
}

void keeps_the_longest_report(Scene& scene) {
    const std::vector<std::string> names(WorkerReport::max_names, std::string(100, 'n'));
    WorkerReport report = report_of(std::string(255, 'w'));
    report.host = report.version = std::string(255, 'x');
    report.queues = report.types = names;
    scene.operators().heartbeat({.report = report, .run = 1, .number = 1});
    expect(record_of(scene, report.worker).report == report, "the report as it was sent");
}

} // namespace

Cases operator_worker_cases() {
    return {
        {"a worker's report is returned as it was sent", returns_reports},
        {"workers are listed by name, in pages of any length", lists_workers_by_name},
        {"a later heartbeat replaces the report", replaces_the_report},
        {"a heartbeat whose number is not greater changes no report", ignores_repeated_heartbeats},
        {"a heartbeat of another run replaces the report", takes_another_run},
        {"a report or a page of workers out of range is refused", checks_reports},
        {"a report of the largest size is kept", keeps_the_longest_report},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
