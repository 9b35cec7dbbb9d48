#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "scratch_directory.hpp"
#include "terminal.hpp"

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;

namespace {

const std::string enter_screen = "\x1b[?1049h", leave_screen = "\x1b[?1049l";

struct ToppedStore {
    ScratchDirectory scratch;
    OperatedStore jobs{"sqlite:" + (scratch / "jobs.db").string()};

    Run top() const { return {.arguments = {"top", "--every", "50ms"}, .store = jobs.url}; }
};

} // namespace

TEST_CASE("top shows queues as they change, and q restores the terminal") {
    ToppedStore store;
    Terminal terminal(store.top());
    terminal.wait_for(enter_screen);
    terminal.wait_for("reports");
    store.jobs.submit({.type = "mail", .queue = "another"});
    terminal.wait_for("another");
    terminal.type("q");
    const auto ended = terminal.end();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, "\x1b[?25h" + leave_screen));
}

TEST_CASE("Ctrl-C in top restores the terminal") {
    const ToppedStore store;
    Terminal terminal(store.top());
    terminal.wait_for("reports");
    terminal.type("\x03");
    const auto ended = terminal.end();
    CHECK(ended.status == 0);
    CHECK(contains(ended.out, leave_screen));
}

TEST_CASE("top shows no more than a small terminal has, and redraws when it is resized") {
    const ToppedStore store;
    Terminal terminal({.arguments = {"top", "--every", "1h"}, .store = store.jobs.url}, 3, 20);
    terminal.wait_for(enter_screen);
    const auto frame = terminal.wait_for("\x1b[J");
    CHECK(std::count(frame.begin(), frame.end(), '\n') == 2);
    CHECK(contains(frame, "…"));
    CHECK_FALSE(contains(frame, "QUEUE"));
    terminal.resize(24, 100);
    terminal.wait_for("QUEUE");
    terminal.type("q");
    CHECK(terminal.end().status == 0);
}

TEST_CASE("top colours nothing if NO_COLOR is set") {
    const ToppedStore store;
    auto top = store.top();
    top.environment = {"NO_COLOR=1"};
    Terminal terminal(top);
    CHECK_FALSE(contains(terminal.wait_for("QUEUE"), "\x1b[1m"));
    terminal.type("q");
    CHECK(terminal.end().status == 0);
}

TEST_CASE("top needs a terminal") {
    const auto ended = run("memory:", {"top"});
    CHECK(ended.status == 64);
    CHECK(contains(ended.err, "needs a terminal"));
}
