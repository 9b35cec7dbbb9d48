#include <asyncjobs/async.hpp>
#include <asyncjobs/coroutine.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

using namespace asyncjobs;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr Duration ample = 1min;

struct Resize {
    static constexpr std::string_view type = "resize";
    int width = 0;
};
BOOST_DESCRIBE_STRUCT(Resize, (), (width))

/// Its first submit returns once it is released, or fails once it is interrupted.
class HangingStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        if (calls++ == 0) {
            began.count_down();
            may_end.wait();
            if (is_interrupted) throw Error(Errc::store_failure, "interrupted");
        }
        return inner().submit(jobs);
    }
    void interrupt() noexcept override {
        if (!is_interrupted.exchange(true)) may_end.count_down();
    }

    std::atomic<int> calls = 0;
    std::atomic<bool> is_interrupted = false;
    std::latch began{1}, may_end{1};
};

/// The code of the error; empty for none.
std::error_code code_of(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const std::system_error& thrown) {
        return thrown.code();
    } catch (const boost::system::system_error& thrown) {
        return thrown.code();
    }
    return {};
}

template <typename Result>
std::error_code error_of(std::future<Result> future) {
    try {
        future.get();
    } catch (...) {
        return code_of(std::current_exception());
    }
    return {};
}

struct AsyncWorld {
    MemoryJobStore store;
    std::shared_ptr<Runtime> runtime = make_runtime();
    Client client{store, runtime, {.poll_every = 1h}}; // woken by hints only
    asio::io_context io;

    JobId submit(NewJob job = {.type = "resize"}) { return client.submit(std::move(job)).id; }
};

TEST_CASE_FIXTURE(AsyncWorld, "async_submit completes once the job is durable") {
    const auto submitted = async_submit(client, NewJob{.type = "resize"}, asio::use_future).get();
    CHECK(submitted.outcome == Submitted::Outcome::created);
    CHECK(client.find(submitted.id).has_value());
}

TEST_CASE_FIXTURE(AsyncWorld, "async_submit takes a described input and the job's other members") {
    const auto plain = async_submit(client, Resize{.width = 7}, asio::use_future).get();
    CHECK(client.find(plain.id)->input == JsonText::parse(R"({"width":7})"));
    const auto queued =
        async_submit(client, Resize{}, NewJob{.queue = "images"}, asio::use_future).get();
    CHECK(client.find(queued.id)->queue == "images");
}

TEST_CASE_FIXTURE(AsyncWorld, "a coroutine submits a job and waits for it on its own thread") {
    Executor executor(store, runtime);
    executor.handle<Resize>([](const Resize& input) { return json::serialize(input.width * 2); });
    executor.start();
    std::optional<Job> job;
    std::thread::id resumed_by;
    const auto serve = [&]() -> asio::awaitable<void> {
        const Resize input{.width = 4};
        const auto submitted = co_await async_submit(client, input);
        job = co_await async_wait(client, submitted.id, ample);
        resumed_by = std::this_thread::get_id();
    };
    asio::co_spawn(io, serve, asio::detached);
    io.run(); // runs as long as an operation is pending
    REQUIRE(job);
    CHECK(job->status == JobStatus::completed);
    CHECK(job->result == JsonText::parse("8"));
    CHECK(resumed_by == std::this_thread::get_id());
}

TEST_CASE_FIXTURE(AsyncWorld, "a callback is called on its associated executor") {
    std::thread::id called_by;
    async_submit(client, NewJob{.type = "resize"},
                 asio::bind_executor(io, [&](const std::exception_ptr&, const Submitted&) {
                     called_by = std::this_thread::get_id();
                 }));
    io.run();
    CHECK(called_by == std::this_thread::get_id());
}

TEST_CASE_FIXTURE(AsyncWorld, "a callback without an executor is called on the library's thread") {
    std::promise<std::thread::id> called_by;
    async_wait(client, submit(), 0s, [&](const std::exception_ptr&, const std::optional<Job>&) {
        called_by.set_value(std::this_thread::get_id());
    });
    CHECK(called_by.get_future().get() != std::this_thread::get_id());
}

TEST_CASE("async_submit does not block its thread while the store does, and shares transactions") {
    MemoryJobStore memory;
    HangingStore hanging(memory);
    Client client(hanging);
    asio::io_context io;
    int completed = 0;
    const auto submit = [&] {
        async_submit(client, NewJob{.type = "resize"},
                     asio::bind_executor(io, [&](const std::exception_ptr& error, const auto&) {
                         if (!error) ++completed;
                     }));
    };
    submit();
    hanging.began.wait();
    for (int i = 0; i < 10; ++i) submit();
    bool runs = false;
    asio::post(io, [&] { runs = true; });
    io.run_one();
    CHECK(runs);
    CHECK(completed == 0);
    hanging.may_end.count_down();
    io.run();
    CHECK(completed == 11);
    CHECK(hanging.calls == 2);
}

TEST_CASE_FIXTURE(AsyncWorld, "errors of an operation reach its handler") {
    const auto id = submit();
    const NewJob same{.id = id, .type = "resize"}, wrong{.type = "no such name"};
    const auto error_of_submit = [&](const NewJob& job) {
        const auto code = std::make_shared<std::promise<std::error_code>>();
        async_submit(client, job, [code](const std::exception_ptr& error, const Submitted&) {
            code->set_value(code_of(error));
        });
        return code->get_future().get();
    };
    CHECK(error_of_submit(same) == Errc::conflict);
    CHECK(error_of_submit(wrong) == Errc::invalid_argument);
    std::error_code thrown;
    const auto serve = [&]() -> asio::awaitable<void> {
        try {
            co_await async_submit(client, same);
        } catch (const Error& error) {
            thrown = error.code();
        }
    };
    asio::co_spawn(io, serve, asio::detached);
    io.run();
    CHECK(thrown == Errc::conflict);
}

TEST_CASE_FIXTURE(AsyncWorld, "async_wait returns the current state after its time limit") {
    const auto id = submit();
    for (const Duration at_most : {0ms, 1ms}) {
        const auto job = async_wait(client, id, at_most, asio::use_future).get();
        REQUIRE(job);
        CHECK(job->status == JobStatus::pending);
    }
    CHECK_FALSE(async_wait(client, client.make_id(), ample, asio::use_future).get());
}

TEST_CASE_FIXTURE(AsyncWorld, "every async_wait for a job ends with it") {
    const auto id = submit();
    std::vector<std::future<std::optional<Job>>> waits;
    for (int i = 0; i < 100; ++i) waits.push_back(async_wait(client, id, ample, asio::use_future));
    client.cancel(id);
    for (auto& wait : waits) CHECK(wait.get()->status == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(AsyncWorld,
                  "a cancelled async_wait is aborted at once, and the job is unaffected") {
    const auto id = submit();
    asio::cancellation_signal cancel;
    std::error_code ended_with;
    int calls = 0;
    async_wait(client, id, ample,
               asio::bind_cancellation_slot(
                   cancel.slot(), asio::bind_executor(io, [&](const std::exception_ptr& error,
                                                              const std::optional<Job>&) {
                       ++calls;
                       try {
                           std::rethrow_exception(error);
                       } catch (const boost::system::system_error& aborted) {
                           ended_with = aborted.code();
                       }
                   })));
    cancel.emit(asio::cancellation_type::partial);
    io.run();
    CHECK(ended_with ==
          std::error_code(asio::error::make_error_code(asio::error::operation_aborted)));
    client.cancel(id);
    CHECK(async_wait(client, id, ample, asio::use_future).get()); // the watches have seen the end
    io.restart();
    io.run();
    CHECK(calls == 1);
}

TEST_CASE_FIXTURE(AsyncWorld, "a waiting handler that is cancelled is interrupted, not failed") {
    const auto guard = asio::make_work_guard(io);
    std::jthread thread([&] { io.run(); });
    Executor executor(store, runtime, {.poll_every = 1h, .report_every = 1ms});
    const auto other = submit({.type = "other"});
    std::latch waits(1);
    executor.handle_async("resize",
                          coroutine(io.get_executor(), [&](JsonText) -> asio::awaitable<void> {
                              waits.count_down();
                              co_await async_wait(client, other, ample);
                          }));
    executor.start();
    const auto id = submit();
    waits.wait();
    client.cancel(id);
    CHECK(client.wait(id, ample)->status == JobStatus::cancelled);
    executor.stop();
    io.stop();
}

TEST_CASE("a client that is destroyed ends its pending operations") {
    MemoryJobStore memory;
    HangingStore hanging(memory);
    std::optional<Client> client(std::in_place, hanging,
                                 ClientOptions{.poll_every = 1h, .stop_within = 10ms});
    const auto stored = memory.submit(std::vector{NewJob{.id = client->make_id(), .type = "a"}});
    auto waits = async_wait(*client, stored.front().id, ample, asio::use_future);
    auto first = async_submit(*client, NewJob{.type = "resize"}, asio::use_future);
    hanging.began.wait();
    auto second = async_submit(*client, NewJob{.type = "resize"}, asio::use_future);
    client.reset();
    CHECK(error_of(std::move(first)) == Errc::store_failure); // interrupted
    CHECK(error_of(std::move(second)) == Errc::stopped);
    CHECK(error_of(std::move(waits)) == Errc::stopped);
}

/// An executor with a handler that runs until a stop is requested.
struct StoppingWorld : AsyncWorld {
    StoppingWorld() {
        executor->handle("resize", [this](const JsonText&, ProgressReporter& progress) {
            started.count_down();
            std::promise<void> stopped;
            const std::stop_callback on_stop(progress.stop_token(), [&] { stopped.set_value(); });
            stopped.get_future().wait();
            progress.check();
            return JsonText();
        });
        executor->start();
        id = submit();
        started.wait();
    }

    std::optional<Executor> executor{std::in_place, store, runtime};
    std::latch started{1};
    JobId id;
};

TEST_CASE_FIXTURE(StoppingWorld, "async_stop completes once the executor has stopped") {
    bool has_stopped = false;
    async_stop(*executor, 0s, ample, asio::bind_executor(io, [&](const std::exception_ptr& error) {
        has_stopped = !error;
    }));
    io.run();
    CHECK(has_stopped);
    CHECK(client.find(id)->status == JobStatus::pending);
}

TEST_CASE_FIXTURE(StoppingWorld, "destroying an executor ends its async_stop") {
    bool has_stopped = false;
    async_stop(
        *executor, ample, ample,
        asio::bind_executor(io, [&](const std::exception_ptr& error) { has_stopped = !error; }));
    executor.reset();
    io.poll();
    CHECK(has_stopped);
}

TEST_CASE_FIXTURE(StoppingWorld, "an executor continues to stop after a cancelled async_stop") {
    asio::cancellation_signal cancel;
    bool is_aborted = false;
    async_stop(*executor, ample, ample,
               asio::bind_cancellation_slot(
                   cancel.slot(), asio::bind_executor(io, [&](const std::exception_ptr& error) {
                       is_aborted = bool(error);
                   })));
    cancel.emit(asio::cancellation_type::terminal);
    io.run();
    CHECK(is_aborted);
    async_stop(*executor, 0s, ample, asio::use_future).get();
    CHECK(client.find(id)->status == JobStatus::pending);
}

} // namespace
