#include "minimal_store.hpp"
#include "unit/thrown.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/job_context.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <utility>

using namespace std::chrono_literals;

namespace capabilities_test {
namespace {

/// A client and executors of a store without capabilities, in virtual time.
struct BareWorld {
    testing::Simulation simulation{1};
    MinimalStore store{[this] { return simulation.wall_clock(); }};
    std::shared_ptr<testing::SimulatedRuntime> process =
        std::make_shared<testing::SimulatedRuntime>(simulation);
    Client client{store, process};

    Job finished(const JobId& id) {
        const auto job = [&] { return client.find(id).value(); };
        simulation.run_until([&] { return is_finished(job().status); }, simulation.now() + 1min);
        return job();
    }
};

TEST_CASE("capabilities include those of which each is among them") {
    constexpr StoreCapabilities some{.limits = true, .workload = true};
    CHECK(some.includes({}));
    CHECK(some.includes({.limits = true}));
    CHECK(some.includes(some));
    CHECK(!some.includes({.limits = true, .tombstones = true}));
    CHECK(StoreCapabilities::all().includes({.dependencies = true,
                                             .limits = true,
                                             .tombstones = true,
                                             .queue_control = true,
                                             .workload = true}));
    CHECK(!StoreCapabilities{}.includes({.dependencies = true}));
    CHECK(!StoreCapabilities{}.includes({.queue_control = true}));
}

TEST_CASE_FIXTURE(BareWorld, "a member that needs a missing capability names what is missing") {
    const std::pair<std::function<void()>, std::string> table[] = {
        {[&] { client.set_limit({.name = "exports", .concurrency = 1}); },
         "the name of set_limit() is \"exports\", but the job store lacks the capability limits"},
        {[&] { client.limits(); },
         "limits() was called, but the job store lacks the capability limits"},
        {[&] { client.set_paused("mails", true); },
         "the queue of set_paused() is \"mails\", but the job store lacks the capability "
         "queue_control"},
        {[&] { client.drain("mails", 1s); },
         "the queue of set_paused() is \"mails\", but the job store lacks the capability "
         "queue_control"},
        {[&] { client.workload("mails", "mail"); },
         "the queue of workload() is \"mails\", but the job store lacks the capability workload"},
        {[&] { client.tombstone_owner(JobId()); }, "but the job store lacks the capability "
                                                   "tombstones"},
        {[&] { client.list({.needed_by = JobId()}); }, "but the job store lacks the capability "
                                                       "dependencies"},
    };
    for (const auto& [call, message] : table) CHECK(has(refusal(Errc::unsupported, call), message));
}

TEST_CASE_FIXTURE(BareWorld, "a client refuses a job with parents without dependencies") {
    const auto parent = client.submit({.type = "work"}).id;
    const auto message = "after is \"" + std::string(parent.text()) +
                         "\", but the job store lacks the capability dependencies";
    const std::function<void()> submits[] = {
        [&] { client.submit({.type = "work", .after = {parent}}); },
        [&] {
            client.submit({{.type = "work"}, {.type = "work", .after = {parent}}});
        }};
    for (const auto& submit : submits) CHECK(has(refusal(Errc::unsupported, submit), message));
    CHECK(thrown_by([&] {
              client.submit_chain({{.type = "a"}, {.type = "b"}});
          }).code() == Errc::unsupported);
    CHECK(thrown_by([&] { client.submit_batch({{.type = "a"}}, {.type = "b"}); }).code() ==
          Errc::unsupported);
    CHECK(client.list({}).jobs.size() == 1);
}

TEST_CASE_FIXTURE(BareWorld, "an executor refuses limits of its own without limits") {
    const ExecutorOptions options{.limits = {{.name = "exports", .concurrency = 1}}};
    CHECK(has(refusal(Errc::unsupported, [&] { Executor(store, process, options); }),
              "the name in limits is \"exports\", but the job store lacks the capability limits"));
}

TEST_CASE_FIXTURE(BareWorld,
                  "a handler's job with parents fails the attempt without dependencies") {
    Executor executor(store, process, ExecutorOptions{.retry = Backoff{.first = 1s}});
    executor.handle("work", [](const JsonText&, JobContext& context) {
        context.submit_with_result({.type = "more", .after = {context.id()}});
        return JsonText();
    });
    executor.start();
    const auto job = finished(client.submit({.type = "work", .max_attempts = 1}).id);
    CHECK(job.status == JobStatus::failed);
    CHECK(client.list({.type = "more"}).jobs.empty());
}

TEST_CASE_FIXTURE(BareWorld, "jobs run on a store without capabilities") {
    Executor executor(store, process, {});
    executor.handle("work", [](const JsonText&, JobContext& context) {
        context.submit_with_result({.type = "more"});
        return JsonText();
    });
    executor.handle("more", [](const JsonText&, JobContext&) { return JsonText(); });
    executor.start();
    CHECK(finished(client.submit({.type = "work", .priority = 1}).id).status ==
          JobStatus::completed);
    const auto more = client.list({.type = "more"}).jobs;
    REQUIRE(more.size() == 1);
    CHECK(finished(more.front().id).status == JobStatus::completed);
}

TEST_CASE_FIXTURE(BareWorld, "a decorator declares what its inner store does") {
    ForwardingJobStore bare(store);
    CHECK(bare.capabilities() == StoreCapabilities{});
    CHECK(client.capabilities() == StoreCapabilities{});
    MemoryJobStore memory;
    ForwardingJobStore full(memory);
    CHECK(full.capabilities() == StoreCapabilities::all());
    CHECK(Client(full).capabilities() == StoreCapabilities::all());
}

} // namespace
} // namespace capabilities_test
