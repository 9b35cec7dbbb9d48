#include "databases/contains.hpp"
#include "databases/sqlite_file.hpp"
#include "operated_store.hpp"
#include "program.hpp"

#include "integration/private_server.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

#include <signal.h>

using namespace cli_test;
using soci_test::contains;

namespace {

struct SqliteJobs {
    ScratchDirectory scratch;
    OperatedStore jobs{"sqlite:" + (scratch / "jobs.db").string()};

    Ended run(std::vector<std::string> arguments) {
        return cli_test::run(jobs.url, std::move(arguments));
    }
};

} // namespace

TEST_CASE("a wrong command line exits with 64 and names the mistake") {
    const std::string store = "memory:";
    CHECK(run(store, {}).status == 64);
    CHECK(run(store, {"nonsense"}).status == 64);
    CHECK(contains(run(store, {"nonsense"}).err, "nonsense"));
    CHECK(run(store, {"jobs", "show"}).status == 64);
    CHECK(run(store, {"jobs", "--status", "done"}).status == 64);
    CHECK(run(store, {"jobs", "--since", "yesterday"}).status == 64);
    CHECK(run(store, {"jobs", "--limit", "0"}).status == 64);
    CHECK(contains(run(store, {"jobs", "--limit", "0"}).err, "from 1 to"));
    CHECK(run(store, {"limits", "set", "name"}).status == 64);
    CHECK(run(store, {"limits", "set", "name", "--burst", "2", "--rate", "x"}).status == 64);
    CHECK(run("", {"queues"}).status == 64);
    CHECK(run("nowhere:", {"queues"}).status == 64);
    CHECK(run("https://example.org/v1", {"queues"}).status == 64);
    CHECK(run("http://example.org/v1/operator", {"queues"}).status == 64);
}

TEST_CASE("help and version exit with 0") {
    CHECK(run("", {"--version"}).out == "asyncjobs " ASYNCJOBS_VERSION "\n");
    CHECK(contains(run("", {"--help"}).out, "queues"));
    CHECK(contains(run("", {"jobs", "list", "--help"}).out, "--error-code"));
    CHECK(run("", {"jobs", "list", "--help"}).status == 0);
}

TEST_CASE("status exits with 0 if nothing waits, 1 for a lonely queue, 2 without any store") {
    CHECK(run("memory:", {"status"}).status == 0);
    CHECK(run("memory:", {"status"}).out.starts_with("ok\n"));

    SqliteJobs store;
    const auto without_worker = store.run({"status", "-o", "json"});
    CHECK(without_worker.status == 2);
    CHECK(contains(without_worker.out, "jobs are due, and no worker runs"));

    store.jobs.report_worker("alive", {"mails"});
    const auto lonely = store.run({"status"});
    CHECK(lonely.status == 1);
    CHECK(contains(lonely.out, "queue reports: no running worker serves it"));
    CHECK(run("sqlite:/nowhere/jobs.db", {"status"}).status == 2);
}

TEST_CASE("a job that waits longer than --max-wait is a warning") {
    SqliteJobs store;
    store.jobs.report_worker("busy", {"mails", "reports"});
    CHECK(store.run({"status", "--max-wait", "1d"}).status == 0);
    CHECK(store.run({"status", "--max-wait", "0s"}).status == 1);
}

TEST_CASE("what does not exist exits with 3, what is refused with 4") {
    SqliteJobs store;
    CHECK(store.run({"jobs", "show", "job-1"}).status == 3);
    CHECK(store.run({"jobs", "retry", text(store.jobs.client.make_id())}).status == 3);
    CHECK(store.run({"workers", "quiet", "unknown"}).status == 3);
    CHECK(store.run({"limits", "remove", "unknown"}).status == 3);
    CHECK(store.run({"jobs", "retry", text(store.jobs.completed)}).status == 4);

    const ServedStore server(store.jobs);
    const auto as = [&](const std::string& token) {
        return run({.arguments = {"jobs", "cancel", text(store.jobs.waiting)},
                    .store = server.url(),
                    .environment = {"ASYNCJOBS_TOKEN=" + token}});
    };
    CHECK(as("viewer").status == 4);
    CHECK(as("unknown").status == 4);
    CHECK(contains(as("unknown").err, "--token-file"));
}

TEST_CASE(
    "a store or a server that can't be reached exits with 5, tables that are missing with 6") {
    const ScratchDirectory scratch;
    const auto missing = scratch / "missing.db";
    CHECK(run("sqlite:" + missing.string(), {"queues"}).status == 5);
    CHECK_FALSE(std::filesystem::exists(missing));
    CHECK(run("http://127.0.0.1:1/operator", {"queues"}).status == 5);
    with_content(scratch / "empty.db", "");
    CHECK(run("sqlite:" + (scratch / "empty.db").string(), {"queues"}).status == 6);
}

TEST_CASE("a fault of the database is stated") {
    SqliteJobs store;
    const std::string file = store.jobs.url.substr(std::string_view("sqlite:").size());
    soci_test::Sqlite(file).run("CREATE TRIGGER frozen BEFORE INSERT ON job_queues"
                                " BEGIN SELECT RAISE(ABORT, 'frozen'); END");
    const auto ended = store.run({"queues", "pause", "reports"});
    CHECK(ended.status == 5);
    CHECK(contains(ended.err, "SQLite"));
}

TEST_CASE("an action on several jobs that fails for some exits with 7") {
    SqliteJobs store;
    const auto ended =
        store.run({"jobs", "retry", text(store.jobs.failed), text(store.jobs.waiting), "-o", "id"});
    CHECK(ended.status == 7);
    CHECK(ended.out == text(store.jobs.failed) + "\n");
    CHECK(contains(ended.err, text(store.jobs.waiting)));
}

TEST_CASE("a reader that ends early ends the program without a message") {
    const ScratchDirectory scratch;
    const auto messages = scratch / "messages";
    auto command = command_of({.arguments = {"--help"}});
    command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" 2>" + messages.string(), "sh"});
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    ChildProcess program(command, ends[1]);
    CHECK(program.wait() == 0);
    ::close(ends[1]);
    CHECK(content_of(messages) == "");
}

TEST_CASE("an output that can't be written exits with 74") {
    const auto out = output_of({"sh", "-c", CLI_PROGRAM " --help 2>&1 >/dev/full || echo $?"});
    CHECK(contains(out, "the output can't be written"));
    CHECK(out.ends_with("\n74\n"));
}
