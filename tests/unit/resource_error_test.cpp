#include "databases/forked_process.hpp"
#include "exhausted_runtime.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/memory_job_store.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <functional>

namespace {

using namespace asyncjobs;
using soci_test::ForkedProcess;

TEST_CASE("what can't be made for want of a thread or memory throws Error") {
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

TEST_CASE("a process without descriptors gets Error from constructors") {
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
