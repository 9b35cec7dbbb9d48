#include "operated_store.hpp"
#include "program.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

using namespace cli_test;

namespace {

struct ChangedJobs {
    ScratchDirectory scratch;
    OperatedStore jobs{"sqlite:" + (scratch / "jobs.db").string()};

    std::string out_of(std::vector<std::string> arguments) {
        const auto ended = run(jobs.url, std::move(arguments));
        CHECK(ended.err == "");
        CHECK(ended.status == 0);
        return ended.out;
    }
    JobStatus status_of(const JobId& id) { return jobs.client.find(id).value().status; }
};

} // namespace

TEST_CASE("jobs are cancelled, retried and removed by their ids") {
    ChangedJobs store;
    store.out_of({"jobs", "cancel", text(store.jobs.waiting), "--reason", "no longer needed"});
    CHECK(store.jobs.client.find(store.jobs.waiting).value().cancel_reason == "no longer needed");
    store.out_of({"jobs", "retry", text(store.jobs.failed)});
    CHECK(store.status_of(store.jobs.failed) == JobStatus::pending);
    store.out_of({"jobs", "remove", text(store.jobs.completed)});
    CHECK_FALSE(store.jobs.client.find(store.jobs.completed));
}

TEST_CASE("a job that waits for its time is made due") {
    ChangedJobs store;
    CHECK(contains(store.out_of({"jobs", "run-now", text(store.jobs.scheduled)}), "made_due"));
    const auto job = store.jobs.client.find(store.jobs.scheduled).value();
    CHECK(job.run_at <= job.updated_at);
    CHECK(contains(store.out_of({"jobs", "run-now", text(store.jobs.scheduled)}), "already_due"));
}

TEST_CASE("jobs of any type are submitted to a store, with their input to the digit") {
    ChangedJobs store;
    const std::string input = R"({"big": 12345678901234567890, "exact": 1.50})";
    const auto out = store.out_of({"jobs", "submit", "report", input, "--queue", "reports",
                                   "--delay", "2h", "--priority", "7"});
    const auto job = store.jobs.client.find(JobId::parse(out.substr(0, out.size() - 1)).value());
    REQUIRE(job);
    CHECK(job->type == "report");
    CHECK(job->queue == "reports");
    CHECK(job->input.text() == input);
    CHECK(job->priority == 7);
    CHECK(job->run_at - job->created_at == 2h);
    CHECK(run(store.jobs.url, {"jobs", "submit", "report", "{"}).status == 64);
    CHECK(run({.arguments = {"jobs", "submit", "report", "-"},
               .store = store.jobs.url,
               .input = "{\"a\": 1}"})
              .status == 0);
    const std::string too_large = '"' + std::string(1024 * 1024, 'a') + '"';
    with_content(store.scratch / "input", too_large);
    CHECK(run_program({"/bin/sh", "-c", CLI_PROGRAM " --store \"$0\" jobs submit report - <\"$1\"",
                       store.jobs.url, (store.scratch / "input").string()})
              .status == 64);
}

TEST_CASE("the ids of a list are the input of an action") {
    ChangedJobs store;
    const auto failed = store.out_of({"jobs", "--status", "failed", "-o", "id"});
    CHECK(failed == text(store.jobs.failed) + "\n");
    const auto ended = run({.arguments = {"jobs", "retry", "-", "-o", "csv"},
                            .store = store.jobs.url,
                            .input = failed});
    CHECK(ended.out == "job_id,outcome\r\n" + text(store.jobs.failed) + ",retried\r\n");
    CHECK(store.status_of(store.jobs.failed) == JobStatus::pending);
}

TEST_CASE("queues are paused and resumed, limits set and removed") {
    ChangedJobs store;
    CHECK(store.out_of({"queues", "pause", "mails/eu"}) == "paused\n");
    CHECK(store.out_of({"queues", "-o", "id"}).find("mails/eu\n") != std::string::npos);
    CHECK(store.out_of({"queues", "resume", "mails/eu"}) == "resumed\n");

    store.out_of(
        {"limits", "set", "mails", "--queue", "mails", "--rate", "3", "--period", "500ms"});
    const auto limits = store.jobs.client.limits();
    REQUIRE(limits.size() == 2);
    CHECK(limits[1].rate == 3);
    CHECK(limits[1].period == 500ms);
    CHECK(store.out_of({"limits", "remove", "mails"}) == "removed\n");
    CHECK(store.jobs.client.limits().size() == 1);
}

TEST_CASE("workers get orders") {
    ChangedJobs store;
    store.jobs.report_worker("worker/1", {"mails"});
    CHECK(store.out_of({"workers", "quiet", "worker/1"}) == "ordered: quiet\n");
    CHECK(store.out_of({"workers", "concurrency", "worker/1", "7"}) == "ordered: concurrency 7\n");
    const auto workers = store.jobs.store->operators()->workers("", 10).workers;
    CHECK(workers.back().pending.value().order == WorkerOrder{.quiet = true, .concurrency = 7});
}

TEST_CASE("the audit names the caller and the reason") {
    ChangedJobs store;
    store.out_of({"queues", "pause", "mails", "--reason", "the server moves"});
    const auto entry = store.out_of({"audit", "--limit", "1", "-o", "jsonl"});
    CHECK(entry.find("\"who\":\"ann@") != std::string::npos);
    CHECK(entry.find("\"action\":\"pause_queue\"") != std::string::npos);
    CHECK(entry.find("\"reason\":\"the server moves\"") != std::string::npos);
}
