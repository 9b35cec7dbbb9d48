#include <asyncjobs/await_callback.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

using namespace asyncjobs;
namespace asio = boost::asio;

namespace {

using Callback = std::function<void(std::string)>;
using Function = std::function<void(Callback)>;

struct Coroutines {
    /// Records the values that `function` passes.
    asio::awaitable<void> note(Function function) {
        noted = co_await await_callback<std::string>(std::move(function));
        noted_by = std::this_thread::get_id();
    }

    asio::io_context io;
    std::string noted = "nothing yet";
    std::thread::id noted_by;
};

TEST_CASE_FIXTURE(Coroutines, "a coroutine resumes with the value of an immediate callback") {
    co_spawn(io, note([](const Callback& then) { then("at once"); }), asio::detached);
    io.run();
    CHECK(noted == "at once");
}

TEST_CASE_FIXTURE(Coroutines,
                  "a value from another thread resumes the coroutine on its own thread") {
    std::jthread other;
    co_spawn(io, note([&](Callback then) {
                 other = std::jthread([then = std::move(then)] { then("from afar"); });
             }),
             asio::detached);
    io.run(); // keeps running while a callback is awaited
    CHECK(noted == "from afar");
    CHECK(noted_by == std::this_thread::get_id());
}

TEST_CASE_FIXTURE(
    Coroutines,
    "await_callback passes arguments before the callback, and members get their object") {
    struct Greeter {
        void greet(const std::string& name, const Callback& then) const { then(word + name); }
        std::string word;
    };
    const Greeter greeter{"hello "};
    co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            noted = co_await await_callback<std::string>(&Greeter::greet, &greeter,
                                                         std::string("world"));
        },
        asio::detached);
    io.run();
    CHECK(noted == "hello world");
}

TEST_CASE_FIXTURE(Coroutines, "a dropped callback does not keep the context running") {
    co_spawn(io, note([](const Callback&) {}), asio::detached);
    io.run();
    CHECK(noted == "nothing yet");
}

TEST_CASE_FIXTURE(Coroutines,
                  "a cancelled await_callback returns at once and drops the later value") {
    asio::cancellation_signal cancel;
    Callback kept;
    bool ended = false;
    co_spawn(io, note([&](Callback then) { kept = std::move(then); }),
             asio::bind_cancellation_slot(cancel.slot(),
                                          [&](const std::exception_ptr&) { ended = true; }));
    io.poll();
    REQUIRE(kept);
    CHECK_FALSE(ended);
    cancel.emit(asio::cancellation_type::terminal);
    io.poll();
    CHECK(ended);
    kept("too late");
    io.poll();
    CHECK(noted != "too late");
}

TEST_CASE_FIXTURE(Coroutines, "the first of two awaited callbacks cancels the other") {
    using namespace asio::experimental::awaitable_operators;
    Callback kept;
    std::size_t first = 9;
    co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            const Function never = [&](Callback then) { kept = std::move(then); };
            const Function at_once = [](const Callback& then) { then("quick"); };
            const auto come = co_await (await_callback<std::string>(never) ||
                                        await_callback<std::string>(at_once));
            first = come.index();
        },
        asio::detached);
    io.poll();
    CHECK(first == 1);
    kept("too late");
    kept = nullptr; // would keep the context running
    io.run();
}

} // namespace
