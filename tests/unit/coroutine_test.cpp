#include "simulated_world.hpp"

#include <asyncjobs/async.hpp>
#include <asyncjobs/coroutine.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <latch>
#include <optional>
#include <stdexcept>

namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;

struct Greet {
    static constexpr std::string_view type = "greet";
    std::string name = "anonymous";
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name))

struct Greeting {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

awaitable<void> suspend_once() {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, use_awaitable);
}

/// Ends by cancellation only.
awaitable<void> wait_for_ever() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_at(boost::asio::steady_timer::time_point::max());
    co_await timer.async_wait(use_awaitable);
}

/// The simulation's thread also runs the coroutines, whenever it polls them.
struct CoroutineWorld : World {
    std::optional<boost::asio::io_context> context{std::in_place};
    boost::asio::any_io_executor io = context->get_executor();
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work{
        context->get_executor()};
    std::optional<Executor> executor{std::in_place, store, process, options()};

    bool until(const std::function<bool()>& done, Duration within = 1min) {
        return World::until(
            [&] {
                for (int i = 0; context && i < 100 && context->poll_one() > 0; ++i) {
                }
                return done();
            },
            within);
    }

    /// The job once it is finished.
    Job outcome(const NewJob& job) {
        const auto id = submit(job);
        CHECK(until([&] { return is_finished(status(id)); }));
        return find(id);
    }

    std::string error_of(const JobId& id) { return find(id).error->code; }

    /// A job whose coroutine is suspended until it is cancelled.
    JobId suspended(HandlerOptions handler_options = {}) {
        executor->handle_async("wait",
                               coroutine(io,
                                         [this](const JsonText&) -> awaitable<void> {
                                             waiting = true;
                                             co_await wait_for_ever();
                                             resumed = true;
                                         }),
                               handler_options);
        executor->start();
        const auto id = submit({.type = "wait", .max_attempts = 1});
        CHECK(until([&] { return waiting; }));
        return id;
    }

    bool waiting = false, resumed = false;
};

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine takes its input as a struct and returns a struct") {
    executor->handle<Greet>(coroutine(io, [](Greet in) -> awaitable<Greeting> {
        co_await suspend_once();
        co_return Greeting{"Hello, " + in.name};
    }));
    executor->start();
    const auto job = outcome({.type = "greet", .input = JsonText::parse(R"({"name":"Ada"})")});
    CHECK(job.status == JobStatus::completed);
    CHECK(job.result == JsonText::parse(R"({"text":"Hello, Ada"})"));
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine may take its input by reference") {
    executor->handle<Greet>(coroutine(io, [](const Greet& in) -> awaitable<Greeting> {
        co_await suspend_once();
        co_return Greeting{in.name};
    }));
    executor->start();
    const auto name = "\"" + std::string(100, 'a') + "\"}";
    const auto job = outcome({.type = "greet", .input = JsonText::parse("{\"name\":" + name)});
    CHECK(job.result == JsonText::parse("{\"text\":" + name));
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine may return nothing or a JsonText") {
    executor->handle<Greet>(coroutine(io, [](Greet) { return suspend_once(); }));
    executor->handle_async("echo", coroutine(io, [](JsonText in) -> awaitable<JsonText> {
                               co_await suspend_once();
                               co_return in;
                           }));
    executor->start();
    const auto empty = JsonText::parse("{}");
    CHECK(outcome({.type = "greet", .input = empty}).result == JsonText());
    const auto array = JsonText::parse("[ 1 ]");
    CHECK(outcome({.type = "echo", .input = array}).result == array);
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine with a reporter reports its progress") {
    bool proceed = false;
    executor->handle<Greet>(
        coroutine(io, [&](Greet, ProgressReporter& progress) -> awaitable<void> {
            progress.report(40, "on the way");
            while (!proceed) {
                co_await suspend_once();
            }
            progress.report(60, "nearly there");
        }));
    executor->start();
    const auto id = submit({.type = "greet", .input = JsonText::parse("{}")});
    CHECK(until([&] { return find(id).progress == Progress{40, "on the way"}; }));
    proceed = true;
    CHECK(until([&] { return status(id) == JobStatus::completed; }));
    CHECK(find(id).progress == Progress{100, "nearly there"});
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine does not start with an input that does not fit") {
    bool ran = false;
    executor->handle<Greet>(coroutine(io, [&](Greet) -> awaitable<void> {
        ran = true;
        co_return;
    }));
    executor->start();
    const auto job = outcome({.type = "greet", .input = JsonText::parse(R"({"name":1})")});
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->code == "invalid_input");
    CHECK_FALSE(ran);
}

TEST_CASE_FIXTURE(CoroutineWorld,
                  "exceptions of a coroutine have the meaning of other handlers' exceptions") {
    executor->handle_async("fails", coroutine(io, [](JsonText) -> awaitable<void> {
                               co_await suspend_once();
                               throw JobFailure("E1", "no").permanent();
                           }));
    executor->handle_async("throws", coroutine(io, [](JsonText) -> awaitable<void> {
                               co_await suspend_once();
                               throw std::runtime_error("no such table");
                           }));
    executor->handle_async("snoozes",
                           coroutine(io, [](JsonText, ProgressReporter&) -> awaitable<void> {
                               co_await suspend_once();
                               throw Snooze{1h};
                           }));
    executor->start();
    CHECK(outcome({.type = "fails"}).error == JobError{"E1", "no", {}});
    const auto thrown = outcome({.type = "throws", .max_attempts = 1});
    CHECK(thrown.error->code == "internal_error");
    CHECK(logged("the handler of throws threw: no such table") == 1);
    const auto snoozes = submit({.type = "snoozes"});
    CHECK(until([&] { return find(snoozes).fence == 1 && status(snoozes) == JobStatus::pending; }));
    CHECK(find(snoozes).attempt == 0);
}

TEST_CASE_FIXTURE(CoroutineWorld, "a cancel ends the coroutine's wait and the job") {
    const auto id = suspended();
    CHECK(client.cancel(id) == CancelOutcome::requested);
    CHECK(until([&] { return is_finished(status(id)); }));
    CHECK(status(id) == JobStatus::cancelled);
    CHECK_FALSE(resumed);
    CHECK(log.empty());
}

TEST_CASE_FIXTURE(CoroutineWorld, "a timeout ends the coroutine's wait") {
    const auto id = suspended({.timeout = 10s});
    CHECK(until([&] { return is_finished(status(id)); }, 10s + 300ms)); // the next beat
    CHECK(error_of(id) == "timeout");
    CHECK_FALSE(resumed);
    CHECK(log.empty());
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine interrupted by a stop is released") {
    const auto id = suspended();
    process->after(1ms, [&] { executor->stop({}, 1h); });
    CHECK(until([&] { return status(id) == JobStatus::pending; }));
    CHECK(find(id).attempt == 0);
    CHECK_FALSE(resumed);
    CHECK(log.empty());
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine is interrupted at its cancellation points") {
    bool started = false;
    executor->handle_async(
        "poll", coroutine(io, [&](JsonText, ProgressReporter& progress) -> awaitable<void> {
            co_await boost::asio::this_coro::throw_if_cancelled(false);
            for (started = true;; progress.check()) co_await suspend_once();
        }));
    executor->start();
    const auto id = submit({.type = "poll"});
    CHECK(until([&] { return started; }));
    client.cancel(id);
    CHECK(until([&] { return is_finished(status(id)); }));
    CHECK(status(id) == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(CoroutineWorld, "a coroutine that returns despite a cancel completes") {
    bool waits = false;
    executor->handle_async("stubborn", coroutine(io, [&](JsonText) -> awaitable<JsonText> {
                               try {
                                   waits = true;
                                   co_await wait_for_ever();
                               } catch (const boost::system::system_error&) {
                               }
                               co_return JsonText::parse("1");
                           }));
    executor->start();
    const auto id = submit({.type = "stubborn"});
    CHECK(until([&] { return waits; }));
    client.cancel(id);
    CHECK(until([&] { return is_finished(status(id)); }));
    CHECK(find(id).result == JsonText::parse("1"));
}

TEST_CASE_FIXTURE(CoroutineWorld, "an aborted operation without a stop request is a failure") {
    executor->handle_async("aborts", coroutine(io, [](JsonText) -> awaitable<void> {
                               co_await suspend_once();
                               throw boost::system::system_error(
                                   boost::asio::error::operation_aborted);
                           }));
    executor->start();
    const auto job = outcome({.type = "aborts", .max_attempts = 1});
    CHECK(job.error->code == "internal_error");
}

TEST_CASE_FIXTURE(CoroutineWorld, "a run outlives its executor and keeps its state alive") {
    const auto held = std::make_shared<int>(1);
    bool started = false, end = false, ended = false;
    executor->handle_async(
        "outlives", coroutine(io, [&, held](JsonText in, JobContext& own) -> awaitable<void> {
            started = true;
            while (!end) {
                co_await suspend_once();
            }
            own.job();
            ended = in.text() == "[1]" && *held == 1;
        }));
    executor->start();
    const auto id = submit({.type = "outlives", .input = JsonText::parse("[1]")});
    CHECK(until([&] { return started; }));
    executor->stop({}, {});
    executor.reset();
    CHECK(status(id) == JobStatus::pending);
    const auto revision = find(id).revision;
    end = true;
    CHECK(until([&] { return held.use_count() == 1; }));
    CHECK(ended);
    CHECK(find(id).revision == revision);
}

TEST_CASE_FIXTURE(CoroutineWorld, "runs destroyed after their executor have no effect") {
    const auto id = suspended();
    executor->stop({}, {});
    executor.reset();
    const auto revision = find(id).revision;
    work.reset();
    context.reset();
    until([] { return false; }, 1s);
    CHECK(find(id).revision == revision);
    CHECK(status(id) == JobStatus::pending);
}

TEST_CASE_FIXTURE(CoroutineWorld, "a run destroyed with its context fails its attempt") {
    const auto id = suspended();
    work.reset();
    context.reset();
    CHECK(until([&] { return is_finished(status(id)); }));
    CHECK(error_of(id) == "internal_error");
    CHECK_FALSE(resumed);
}

TEST_CASE("runs on several threads are cancelled concurrently") {
    MemoryJobStore store;
    const auto runtime = make_runtime();
    Client client(store, runtime, {.poll_every = 1h});
    boost::asio::thread_pool pool(4);
    Executor executor(store, runtime, {.concurrency = 50, .poll_every = 1h, .report_every = 1ms});
    std::latch started(50);
    executor.handle_async("busy",
                          coroutine(pool.get_executor(),
                                    [&](JsonText, ProgressReporter& progress) -> awaitable<void> {
                                        started.count_down();
                                        for (int i = 0;; ++i) {
                                            progress.report(i % 100);
                                            co_await suspend_once();
                                        }
                                    }));
    executor.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 50; ++i) ids.push_back(client.submit(NewJob{.type = "busy"}).id);
    started.wait();
    for (const auto& id : ids) CHECK(client.cancel(id) == CancelOutcome::requested);
    for (const auto& id : ids) CHECK(client.wait(id, 1min)->status == JobStatus::cancelled);
    executor.stop();
    pool.join();
}

TEST_CASE("a coroutine stops an executor that shares its thread") {
    boost::asio::io_context context;
    const auto work = boost::asio::make_work_guard(context);
    MemoryJobStore store;
    Executor executor(store);
    Client client(store);
    std::latch started(1);
    executor.handle_async(
        "work", coroutine(context.get_executor(), [&](const JsonText&) -> awaitable<void> {
            started.count_down();
            co_await suspend_once();
        }));
    executor.start();
    const auto id = client.submit(NewJob{.type = "work"}).id;
    bool has_stopped = false;
    const auto stop = [&]() -> awaitable<void> {
        while (!started.try_wait()) {
            co_await suspend_once();
        }
        co_await async_stop(executor, 1h, 1h);
        has_stopped = true;
        context.stop();
    };
    boost::asio::co_spawn(context, stop, boost::asio::detached);
    context.run();
    CHECK(has_stopped);
    CHECK(client.find(id)->status == JobStatus::completed);
}

} // namespace
