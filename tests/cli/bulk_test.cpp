#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "program.hpp"
#include "scratch_directory.hpp"
#include "terminal.hpp"

#include <asyncjobs/operations/bulk.hpp>

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;
using namespace std::chrono_literals;

namespace {

/// A store with many pending jobs.
struct ManyJobs {
    static constexpr std::size_t count = 30;

    ManyJobs() { client.submit(std::vector<NewJob>(count, NewJob{.type = "report"})); }

    ScratchDirectory scratch;
    std::string url = "sqlite:" + (scratch / "jobs.db").string();
    std::unique_ptr<JobStore> store = open_store(url);
    Client client{*store};

    std::uint64_t cancelled() const { return store->operators()->counts().cancelled.value; }
    Ended run(std::vector<std::string> arguments) const {
        return cli_test::run(url, std::move(arguments));
    }
};

const std::vector<std::string> cancel_reports = {"bulk", "cancel", "--type", "report"};

std::vector<std::string> cancel_with(std::vector<std::string> more) {
    more.insert(more.begin(), cancel_reports.begin(), cancel_reports.end());
    return more;
}

} // namespace

TEST_CASE("a bulk action runs in the program if no worker runs bulk actions") {
    const ManyJobs jobs;
    const auto ended = jobs.run(cancel_with({"--yes", "--expect", "30", "-o", "json"}));
    CHECK(ended.status == 0);
    CHECK(contains(ended.err, "no worker runs bulk actions"));
    CHECK(contains(ended.out, "\"changed\":30"));
    CHECK(jobs.cancelled() == jobs.count);
    CHECK(contains(jobs.run({"bulk", "-o", "csv"}).out, ",cancel,ann@"));
}

TEST_CASE("all jobs of a queue that wait for their time are made due") {
    ManyJobs jobs;
    const auto id = jobs.client.submit({.type = "mail", .queue = "mails", .delay = 24h}).id;
    CHECK(jobs.run({"bulk", "run-now", "--queue", "mails", "--yes", "--expect", "1"}).status == 0);
    const auto job = jobs.client.find(id).value();
    CHECK(job.run_at <= job.updated_at);
}

TEST_CASE("without a terminal, a bulk action needs --yes and the expected number") {
    const ManyJobs jobs;
    const auto unconfirmed = jobs.run(cancel_reports);
    CHECK(unconfirmed.status == 64);
    CHECK(contains(unconfirmed.err, "30 jobs match"));
    CHECK(contains(unconfirmed.err, "--yes --expect 30"));
    CHECK(jobs.run(cancel_with({"--yes"})).status == 64);
    CHECK(jobs.run(cancel_with({"--yes", "--expect", "20"})).status == 4);
    CHECK(jobs.run({"bulk", "cancel", "--yes", "--expect", "30"}).status == 64);
    CHECK(jobs.run(cancel_with({"--dry-run"})).status == 0);
    CHECK(jobs.cancelled() == 0);
}

TEST_CASE("a bulk action that matches no job does nothing") {
    const ManyJobs jobs;
    const auto ended = jobs.run({"bulk", "retry", "--queue", "empty"});
    CHECK(ended.status == 0);
    CHECK(contains(ended.err, "no job matches"));
}

TEST_CASE("with --no-run a bulk action waits for a worker, and can be aborted") {
    const ManyJobs jobs;
    const auto started = jobs.run(cancel_with({"--yes", "--expect", "30", "--no-run", "-o", "id"}));
    CHECK(started.status == 0);
    const auto id = started.out.substr(0, started.out.size() - 1);
    CHECK(contains(jobs.run({"bulk", "show", id}).out, "pending"));
    CHECK(jobs.run({"bulk", "abort", id}).out == "cancelled\n");
    CHECK(jobs.cancelled() == 1); // the action
}

TEST_CASE("a bulk action of a server is waited for with --wait") {
    ManyJobs jobs;
    Executor executor(*jobs.store, {.queues = {"operators"}});
    operations::run_bulk_actions_on(executor, jobs.client, *jobs.store);
    executor.start();
    const auto ended = jobs.run(cancel_with({"--yes", "--expect", "31", "--no-run", "--wait"}));
    executor.stop();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "completed"));
    CHECK(jobs.cancelled() == jobs.count);
}

TEST_CASE("on a terminal, the number of jobs confirms a bulk action") {
    const ManyJobs jobs;
    Terminal terminal({.arguments = cancel_reports, .store = jobs.url});
    terminal.wait_for("This will cancel 30 jobs. Type 30 to confirm:");
    terminal.type("30\r");
    terminal.wait_for("] ");
    const auto ended = terminal.end();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "completed"));
    CHECK(jobs.cancelled() == jobs.count);
}

TEST_CASE("on a terminal, another text than the number cancels nothing") {
    const ManyJobs jobs;
    Terminal terminal({.arguments = cancel_reports, .store = jobs.url});
    terminal.wait_for("to confirm:");
    terminal.type("yes\r");
    const auto ended = terminal.end();
    CHECK(ended.status == 1);
    CHECK(contains(ended.out, "nothing was changed"));
    CHECK(jobs.cancelled() == 0);
}

TEST_CASE("Ctrl-C ends the program at its question") {
    const ManyJobs jobs;
    Terminal terminal({.arguments = cancel_reports, .store = jobs.url});
    terminal.wait_for("to confirm:");
    terminal.type("\x03");
    CHECK(terminal.end().status == -SIGINT);
    CHECK(jobs.cancelled() == 0);
}

TEST_CASE("Ctrl-C ends the wait for a bulk action, which continues") {
    const ManyJobs jobs;
    Terminal terminal({.arguments = cancel_with({"--yes", "--expect", "30", "--no-run", "--wait"}),
                       .store = jobs.url});
    terminal.wait_for("0 %");
    terminal.type("\x03");
    const auto ended = terminal.end();
    CHECK(ended.status == 130);
    CHECK(contains(ended.out, "the action continues: asyncjobs bulk abort job-"));
}
