#include "databases/forked_process.hpp"
#include "exhausted_runtime.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <functional>
#include <latch>
#include <optional>
#include <system_error>
#include <utility>

namespace {

using namespace asyncjobs;
using soci_test::ForkedProcess;

TEST_CASE("constructors without a thread or memory throw Error") {
    MemoryJobStore store;
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Executor executor(store, runtime);
        executor.handle_async("work", [](const JsonText&, ProgressReporter&,
                                         const Completion& done) { done({}, JsonText()); });
        executor.start();
    });
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Client client(store, runtime);
        const auto id = client.submit(NewJob{.type = "work"}).id;
        const auto watch = client.watch(id, [](const std::optional<Job>&) {});
    });
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        EventStream stream(runtime, [](std::span<const JobEvent>, const auto&...) {});
    });
}

TEST_CASE("an executor whose start got no thread can be started again") {
    MemoryJobStore store;
    std::latch has_run(1);
    std::optional<Executor> executor;
    bool was_start_refused = false;
    for (int left = 0; !was_start_refused; ++left) {
        REQUIRE(left < 100);
        const auto refuse_once = [was_refused = false]() mutable {
            if (!std::exchange(was_refused, true))
                throw std::system_error(EAGAIN, std::generic_category(), "thread");
        };
        executor.reset();
        try {
            executor.emplace(store, std::make_shared<ExhaustedRuntime>(left, refuse_once));
        } catch (const Error&) {
            continue;
        }
        executor->handle_async("work",
                               [&](const JsonText&, ProgressReporter&, const Completion& done) {
                                   has_run.count_down();
                                   done({}, JsonText());
                               });
        try {
            executor->start();
        } catch (const Error& error) {
            CHECK(error.code() == Errc::overloaded);
            was_start_refused = true;
        }
    }
    executor->start();
    Client(store).submit(NewJob{.type = "work"});
    has_run.wait();
}

TEST_CASE("constructors in a process without descriptors throw Error") {
    ForkedProcess process([](int out) {
        const rlimit none = {3, 3};
        ::setrlimit(RLIMIT_NOFILE, &none);
        MemoryJobStore store;
        std::string refused;
        const auto note = [&](const char* what, const std::function<void()>& make) {
            try {
                make();
            } catch (const Error& error) {
                if (error.code() == Errc::overloaded) refused += what;
            }
        };
        note("executor ", [&] { Executor executor(store); });
        note("watch", [&] {
            Client client(store);
            const auto watch = client.watch(JobId(), [](const std::optional<Job>&) {});
        });
        ForkedProcess::write_text(out, refused);
    });
    CHECK(process.read_all() == "executor watch");
}

} // namespace
