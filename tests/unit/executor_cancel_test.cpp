#include "simulated_world.hpp"

namespace {

struct Cancelling : World {
    std::stop_token stop;
    Completion done;
    Executor executor{store, process, options()};
    JobId id;

    Cancelling() {
        executor.handle_async(
            "work", [this](const JsonText&, ProgressReporter& progress, Completion completion) {
                stop = progress.stop_token();
                done = std::move(completion);
            });
        executor.start();
        id = submit();
        REQUIRE(until([this] { return stop.stop_possible(); }));
        until([] { return false; }, 3s);
    }
};

TEST_CASE_FIXTURE(Cancelling, "a handler is stopped within a second of another process's cancel") {
    // Not through this client: no hint is sent, as from another process.
    memory.cancel(id, {});
    CHECK(until([this] { return stop.stop_requested(); }, 1s));
    done(std::make_exception_ptr(Interrupted{}), {});
    CHECK(finishes(id, at_once));
    CHECK(status(id) == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(Cancelling,
                  "a handler is stopped within a second of another process's forced cancel") {
    memory.cancel(id, {.reason = "now", .force = true});
    CHECK(status(id) == JobStatus::cancelled);
    CHECK(until([this] { return stop.stop_requested(); }, 1s));
}

TEST_CASE_FIXTURE(Cancelling, "a forced cancel by this process stops the handler at once") {
    CHECK(client.cancel(id, {.reason = "now", .force = true}) == CancelOutcome::cancelled);
    CHECK(status(id) == JobStatus::cancelled);
    CHECK(until([this] { return stop.stop_requested(); }, at_once));
}

TEST_CASE_FIXTURE(
    Cancelling,
    "the result of a forcibly cancelled handler changes nothing, and its slot is free") {
    client.cancel(id, {.reason = "now", .force = true});
    const auto before = find(id);
    done(nullptr, JsonText::parse("1"));
    until([] { return false; }, 1s);
    CHECK(find(id).revision == before.revision);
    CHECK(status(id) == JobStatus::cancelled);
    stop = {};
    submit();
    CHECK(until([this] { return stop.stop_possible(); }, at_once));
}

TEST_CASE_FIXTURE(Cancelling, "a failing store only delays a cancel") {
    memory.cancel(id, {});
    plan = [](std::string_view member) {
        return member == "check_leases" ? Fault::unavailable : Fault::none;
    };
    CHECK_FALSE(until([this] { return stop.stop_requested(); }, 2s));
    plan = {};
    CHECK(until([this] { return stop.stop_requested(); }, 1s));
}

TEST_CASE_FIXTURE(World, "a reason that is too long or no text is refused") {
    const auto id = submit();
    CHECK_THROWS_WITH_AS(client.cancel(id, {.reason = std::string(1001, 'x')}),
                         doctest::Contains("reason is"), Error);
    CHECK_THROWS_AS(client.cancel(id, {.reason = std::string("\0", 1)}), Error);
    CHECK_THROWS_AS(client.cancel(id, {.reason = "\xFF"}), Error);
    CHECK(status(id) == JobStatus::pending);
    CHECK(client.cancel(id, {.reason = std::string(1000, 'x')}) == CancelOutcome::cancelled);
}

} // namespace
