#include "databases/forked_process.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/memory_job_store.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <functional>
#include <new>
#include <stdexcept>
#include <system_error>

namespace {

using namespace asyncjobs;
using soci_test::ForkedProcess;

/// Makes `left` things, and none after them.
class ExhaustedRuntime final : public Runtime {
public:
    ExhaustedRuntime(int left, std::function<void()> refuse)
        : left_(left), refuse_(std::move(refuse)) {}

    SteadyTime now() const override { return real_->now(); }
    Timestamp wall_clock() const override { return real_->wall_clock(); }
    std::uint64_t random() override { return real_->random(); }
    std::unique_ptr<Timer> make_timer(Task task) override {
        take();
        return real_->make_timer(std::move(task));
    }
    std::unique_ptr<Lane> make_lane(unsigned threads) override {
        take();
        return real_->make_lane(threads);
    }
    std::unique_ptr<Event> make_event() override {
        take();
        return real_->make_event();
    }

private:
    void take() {
        if (left_-- <= 0) refuse_();
    }

    std::shared_ptr<Runtime> real_ = make_runtime();
    int left_;
    const std::function<void()> refuse_;
};

/// `make(runtime)` throws Errc::overloaded for as long as something of what it needs is missing.
template <typename Make>
void check_each_refusal(Make make) {
    const std::function<void()> refusals[] = {
        [] { throw std::bad_alloc(); },
        [] { throw std::system_error(EAGAIN, std::generic_category(), "thread"); },
        [] { throw std::runtime_error("boost::system::system_error is one"); }};
    for (const auto& refuse : refusals) {
        int failed = 0;
        for (bool has_all = false; !has_all; ++failed) {
            REQUIRE(failed < 100);
            try {
                make(std::make_shared<ExhaustedRuntime>(failed, refuse));
                has_all = true;
            } catch (const Error& error) {
                CHECK(error.code() == Errc::overloaded);
            }
        }
        CHECK(failed > 1);
    }
}

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
