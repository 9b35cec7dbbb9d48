#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "program.hpp"
#include "scratch_directory.hpp"

#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;

TEST_CASE("migrate lists what is to be done, prints its SQL and does it") {
    const ScratchDirectory scratch;
    const auto file = scratch / "jobs.db";
    const std::string url = "sqlite:" + file.string();
    const auto pending = run(url, {"migrate", "--dry-run", "-o", "id"});
    CHECK(pending.status == 1);
    CHECK(pending.out.starts_with("1\n"));
    CHECK(contains(run(url, {"migrate", "--dry-run", "--sql"}).out, "CREATE TABLE jobs "));
    CHECK_FALSE(std::filesystem::exists(file));

    CHECK(run(url, {"migrate"}).status == 0);
    CHECK(run(url, {"queues"}).status == 0);
    CHECK(run(url, {"migrate", "--dry-run"}).status == 0);
    CHECK(run("https://example.org/operator", {"migrate"}).status == 64);
}

TEST_CASE("doctor has the problems that the store finds, and the worst decides how it exits") {
    const ScratchDirectory scratch;
    OperatedStore jobs("sqlite:" + (scratch / "jobs.db").string());
    const auto alone = run(jobs.url, {"doctor", "-o", "csv"});
    CHECK(alone.status == 2);
    CHECK(contains(alone.out, "queue_without_worker,critical,"));
    CHECK(contains(alone.out, "schema,ok,"));
    CHECK(contains(alone.out, "clock,ok,"));
    CHECK(contains(alone.out, "write-ahead log,ok,"));
    CHECK(contains(run(jobs.url, {"problems", "-o", "csv"}).out, "critical,queue_without_worker,"));

    jobs.client.cancel(jobs.waiting);
    const auto well = run(jobs.url, {"doctor", "-o", "csv"});
    CHECK(well.status == 0);
    CHECK(contains(well.out, "problems,ok,"));
}

TEST_CASE("doctor is critical for tables that are missing") {
    const ScratchDirectory scratch;
    with_content(scratch / "empty.db", "");
    const auto ended = run("sqlite:" + (scratch / "empty.db").string(), {"doctor", "-o", "csv"});
    CHECK(ended.status == 2);
    CHECK(contains(ended.out, "schema,critical,"));
}

TEST_CASE("schedules are listed, paused, resumed and triggered") {
    const ScratchDirectory scratch;
    OperatedStore jobs("sqlite:" + (scratch / "jobs.db").string());
    Scheduler(*jobs.store)
        .set("nightly", {.cron = Cron("0 3 * * *", "Europe/Berlin"),
                         .job = {.type = "mail", .queue = "mails"}});
    CHECK(contains(run(jobs.url, {"schedules"}).out, "nightly   0 3 * * *  Europe/Berlin"));
    CHECK(run(jobs.url, {"schedules", "pause", "nightly"}).out == "paused\n");
    CHECK(run(jobs.url, {"schedules", "resume", "nightly"}).out == "resumed\n");
    const auto id = run(jobs.url, {"schedules", "trigger", "nightly"}).out;
    CHECK(run(jobs.url, {"jobs", "show", id.substr(0, id.size() - 1)}).status == 0);
    CHECK(run(jobs.url, {"schedules", "pause", "weekly"}).status == 3);
}

TEST_CASE("endpoints of webhooks are listed, disabled and enabled") {
    const ScratchDirectory scratch;
    OperatedStore jobs("sqlite:" + (scratch / "jobs.db").string());
    Webhooks webhooks(*jobs.store);
    webhooks.set_endpoint("ann", {.name = "reports", .url = "https://example.org/hook"});
    const auto is_enabled = [&] { return webhooks.endpoints("ann").at(0).disabled.empty(); };

    const auto disabled =
        run(jobs.url, {"webhooks", "disable", "ann", "reports", "--reason", "it is gone"});
    CHECK(disabled.out == "disabled\n");
    CHECK_FALSE(is_enabled());
    const auto list = run(jobs.url, {"webhooks", "list", "ann"});
    CHECK(contains(list.out, "https://example.org"));
    CHECK(contains(list.out, "it is gone"));
    CHECK(run(jobs.url, {"webhooks", "enable", "ann", "reports"}).out == "enabled\n");
    CHECK(is_enabled());
    CHECK(run(jobs.url, {"webhooks", "enable", "bob", "reports"}).status == 3);
}

TEST_CASE("schedules next shows when an expression fires, without a store") {
    const auto ended = run("", {"schedules", "next", "0 3 * * *", "--zone", "Asia/Kolkata",
                                "--count", "2", "-o", "csv"});
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "T21:30:00Z,"));
    CHECK(contains(ended.out, "T03:00:00+05:30,"));
    CHECK(run("", {"schedules", "next", "0 25 * * *"}).status == 64);
}
