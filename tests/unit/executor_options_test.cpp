#include "simulated_world.hpp"
#include "thrown.hpp"

#include <cmath>

namespace {

/// The constructor's error for good options after `change`.
std::string refusal_of(const std::function<void(ExecutorOptions&)>& change) {
    World world;
    auto options = world.options();
    change(options);
    return refusal(Errc::invalid_argument, [&] { Executor(world.store, world.process, options); });
}

TEST_CASE("a bad option throws an error with its name, value and range") {
    using Options = ExecutorOptions;
    const std::pair<std::function<void(Options&)>, const char*> table[] = {
        {[](Options& o) { o.queues = {}; }, "queues is empty, but must name at least one queue"},
        {[](Options& o) {
             o.queues = {"ok", "a b"};
         },
         "queues holds \"a b\", but"},
        {[](Options& o) {
             o.queues = {"ok", {"heavy", 1001}};
         },
         "the weight of queue heavy is 1001, but must be from 0 to 1000"},
        {[](Options& o) { o.worker = "a\nb"; }, "worker is \"a?b\", but must be at most 200 bytes"},
        {[](Options& o) { o.worker = std::string(201, 'w'); }, "must be at most 200 bytes"},
        {[](Options& o) { o.concurrency = 10'001; },
         "concurrency is 10001, but must be from 1 to 10000"},
        {[](Options& o) { o.threads = 10'001; }, "threads is 10001, but must be from 0 to 10000"},
        {[](Options& o) { o.lease_for = 99ms; },
         "lease_for is 99000 us, but must be from 100000 us to 86400000000 us"},
        {[](Options& o) { o.lease_for = 24h + 1us; }, "lease_for is 86400000001 us"},
        {[](Options& o) { o.poll_every = 999us; },
         "poll_every is 999 us, but must be from 1000 us to 3600000000 us"},
        {[](Options& o) { o.poll_every = 2h; }, "poll_every is 7200000000 us"},
        {[](Options& o) { o.report_every = 0us; },
         "report_every is 0 us, but must be from 1000 us to 60000000 us"},
        {[](Options& o) { o.report_every = 2min; }, "report_every is 120000000 us"},
        {[](Options& o) { o.rescue_every = 0us; },
         "rescue_every is 0 us, but must be from 1000 us to 3600000000 us"},
        {[](Options& o) { o.rescue_every = 2h; }, "rescue_every is 7200000000 us"},
        {[](Options& o) { o.purge_every = 0us; },
         "purge_every is 0 us, but must be from 1000 us to 86400000000 us"},
        {[](Options& o) { o.purge_every = 25h; }, "purge_every is 90000000000 us"},
        {[](Options& o) { o.heartbeat_every = 99ms; },
         "heartbeat_every is 99000 us, but must be from 100000 us to 60000000 us"},
        {[](Options& o) { o.heartbeat_every = 61s; }, "heartbeat_every is 61000000 us"},
        {[](Options& o) { o.version = "1\n2"; },
         "version is \"1?2\", but must be at most 255 bytes"},
        {[](Options& o) { o.version = std::string(256, '1'); }, "must be at most 255 bytes"},
        {[](Options& o) { o.timeout_grace = -1us; },
         "timeout_grace is -1 us, but must be from 0 us to 3600000000 us"},
        {[](Options& o) { o.timeout_grace = 2h; }, "timeout_grace is 7200000000 us"},
        {[](Options& o) { o.crash_limit = 0; }, "crash_limit is 0, but must be from 1 to 1000"},
        {[](Options& o) { o.crash_limit = 1001; }, "crash_limit is 1001"},
        {[](Options& o) { o.prefetch_limit = 100'001; },
         "prefetch_limit is 100001, but must be from 0 to 100000"},
        {[](Options& o) {
             o.limits = {{.name = "ok", .concurrency = 1}, {.name = "a b", .concurrency = 1}};
         },
         "limits holds a limit whose name is \"a b\", but must be 1-100 characters"},
        {[](Options& o) { o.limits = {{.name = "mine", .concurrency = 100'001}}; },
         "limits holds a limit whose concurrency is 100001, but must be from 0 to 100000"},
        {[](Options& o) {
             o.limits = {{.name = "mine", .concurrency = 1}, {.name = "mine", .rate = 1}};
         },
         "limits is \"mine\", but each must have a name of its own"},
    };
    for (const auto& [change, message] : table) CHECK(has(refusal_of(change), message));
}

TEST_CASE_FIXTURE(World, "the bounds of every option are allowed") {
    auto least = options();
    least.concurrency = 0;
    least.lease_for = 100ms;
    least.poll_every = least.report_every = least.rescue_every = least.purge_every = 1ms;
    least.heartbeat_every = 100ms;
    least.timeout_grace = 0s;
    least.crash_limit = 1;
    least.prefetch_limit = 0;
    CHECK_NOTHROW(Executor(store, process, least));
    auto most = options();
    most.worker = std::string(200, 'w');
    most.lease_for = most.purge_every = 24h;
    most.poll_every = most.rescue_every = most.timeout_grace = 1h;
    most.report_every = most.heartbeat_every = 1min;
    most.version = std::string(255, '1');
    most.crash_limit = 1000;
    most.prefetch_limit = 100'000;
    CHECK_NOTHROW(Executor(store, process, most));
}

TEST_CASE_FIXTURE(World, "a worker's name is unique to its executor") {
    auto named = options();
    named.worker = "reports";
    const Executor first(store, process, named), second(store, process, named);
    CHECK(first.worker().starts_with("reports/"));
    CHECK(first.worker() != second.worker());
}

TEST_CASE_FIXTURE(World, "a handler is registered once, for a valid type, and is not empty") {
    Executor executor(store, process, options());
    executor.handle("work", doing_nothing());
    const auto refusal_of_handler = [&](auto... args) {
        return refusal(Errc::invalid_argument, [&] { executor.handle(args...); });
    };
    CHECK(has(refusal_of_handler("work", doing_nothing()), "type work has a handler already"));
    CHECK(has(refusal_of_handler("a b", doing_nothing()), "type is \"a b\", but must be 1-100"));
    CHECK(has(refusal_of_handler("empty", HandlerFunction()), "the handler of empty is empty"));
    CHECK(has(refusal_of_handler("t", doing_nothing(), HandlerOptions{.timeout = -1us}),
              "timeout is -1 us, but must be from 0 us"));
    CHECK_THROWS_AS(executor.handle_async("work", taking(1s)), Error);
    CHECK_THROWS_AS(executor.handle_async("empty", AsyncHandlerFunction()), Error);
}

TEST_CASE_FIXTURE(World, "a handler is not registered after the start") {
    Executor executor(store, process, options());
    executor.start();
    CHECK(refusal(Errc::conflict, [&] { executor.handle("work", doing_nothing()); }) != "");
}

TEST_CASE_FIXTURE(World, "an executor starts once, and not after a stop") {
    Executor executor(store, process, options());
    executor.start();
    CHECK(refusal(Errc::conflict, [&] { executor.start(); }) != "");
    Executor stopped(store, process, options());
    stopped.stop();
    CHECK(refusal(Errc::conflict, [&] { stopped.start(); }) != "");
}

} // namespace
