#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "program.hpp"
#include "scratch_directory.hpp"
#include "terminal.hpp"

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;

namespace {

struct AwaitedJobs {
    ScratchDirectory scratch;
    OperatedStore jobs{"sqlite:" + (scratch / "jobs.db").string()};

    Ended run(std::vector<std::string> arguments) const {
        return cli_test::run(jobs.url, std::move(arguments));
    }
    Run running(std::vector<std::string> arguments) const {
        return {.arguments = std::move(arguments), .store = jobs.url};
    }
};

} // namespace

TEST_CASE("jobs wait exits with 0 if all jobs completed, and otherwise with 1") {
    const AwaitedJobs store;
    CHECK(store.run({"jobs", "wait", text(store.jobs.completed)}).status == 0);
    CHECK(store.run({"jobs", "wait", text(store.jobs.completed), text(store.jobs.failed)}).status ==
          1);
}

TEST_CASE("jobs wait ends when the job does") {
    AwaitedJobs store;
    Terminal terminal(store.running({"jobs", "wait", text(store.jobs.waiting), "--every", "10ms"}));
    terminal.wait_for("0 %");
    Executor executor(*store.jobs.store, {.queues = {"reports"}});
    executor.handle("report", [](const JsonText&, JobContext&) { return JsonText(); });
    executor.start();
    const auto ended = terminal.end();
    executor.stop();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "completed"));
}

TEST_CASE("jobs wait exits with 124 after --timeout, and with 130 by Ctrl-C") {
    const AwaitedJobs store;
    const auto id = text(store.jobs.waiting);
    CHECK(store.run({"jobs", "wait", id, "--timeout", "10ms", "--every", "1ms"}).status == 124);
    Terminal terminal(store.running({"jobs", "wait", id}));
    terminal.wait_for("0 %");
    terminal.type("\x03");
    CHECK(terminal.end().status == 130);
}

TEST_CASE("jobs watch prints each change until the job finishes") {
    AwaitedJobs store;
    Terminal terminal(
        store.running({"jobs", "watch", text(store.jobs.waiting), "--every", "10ms"}));
    terminal.wait_for("pending");
    store.jobs.client.cancel(store.jobs.waiting, {.reason = "not needed"});
    const auto ended = terminal.end();
    CHECK(ended.status == 1);
    CHECK(contains(ended.out, "cancelled"));
    CHECK(contains(ended.out, "not needed"));
}

TEST_CASE("jobs tail prints new jobs that match, oldest first") {
    AwaitedJobs store;
    Terminal terminal(store.running(
        {"jobs", "tail", "--type", "mail", "--count", "2", "--every", "10ms", "-o", "id"}));
    terminal.wait_for("waiting for new jobs");
    const auto first = store.jobs.submit({.type = "mail"});
    store.jobs.submit({.type = "report"});
    const auto second = store.jobs.submit({.type = "mail"});
    const auto ended = terminal.end();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, text(first) + "\r\n" + text(second) + "\r\n"));
}
