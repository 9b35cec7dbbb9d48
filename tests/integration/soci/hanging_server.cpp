#include "hanging_server.hpp"

#include "tcp_proxy.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <thread>

namespace soci_test {
namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;

/// Counts exchanges under way. The one that hangs may have begun before the job ended.
class WatchedStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        ++under_way;
        auto result = inner().exchange(settlements, request);
        --under_way;
        return result;
    }

    std::atomic<int> under_way = 0;
};

void wait_for(const std::atomic<int>& counter, int least) {
    while (counter < least) std::this_thread::yield();
}

/// Destroys an executor, a client and a store of `url` after `pause()`. Returns a job that was
/// submitted before.
JobId check_ends(const std::string& url, const std::function<void()>& pause,
                 const std::function<void()>& resume) {
    // These limits are too long to end a call here.
    auto opened = open_store(url, {.busy_timeout = 10min, .statement_timeout = 1h});
    auto store = std::make_unique<WatchedStore>(*opened);
    auto client =
        std::make_unique<Client>(*store, ClientOptions{.poll_every = 10ms, .stop_within = 100ms});
    auto executor = std::make_unique<Executor>(*store, ExecutorOptions{.record_within = 100ms});
    std::latch may_return(1);
    executor->handle("work", [&](const JsonText&, ProgressReporter&) {
        may_return.wait();
        return JsonText();
    });
    executor->start();
    const auto id = client->submit(NewJob{.type = "work"}).id;
    std::atomic<int> seen = 0;
    auto watch = client->watch(id, [&](const std::optional<Job>& job) {
        if (job && job->status == JobStatus::processing) ++seen;
    });
    wait_for(seen, 1);

    pause();
    may_return.count_down();
    wait_for(store->under_way, 1);
    auto ended = std::async(std::launch::async, [&] {
        watch = {};
        client.reset();
        executor->stop({}, {});
        executor.reset();
        store.reset();
        opened.reset();
    });
    CHECK(ended.wait_for(5min) == std::future_status::ready);
    resume();
    ended.get();
    return id;
}

} // namespace

void check_ends_while_server_hangs(const std::string& url, const std::function<void()>& pause,
                                   const std::function<void()>& resume) {
    const JobId id = check_ends(url, pause, resume);
    CHECK(open_store(url)->find({&id, 1}).at(0).has_value());
}

void check_ends_while_connecting(const std::string& url) {
    for (const bool accepted : {true, false}) {
        CAPTURE(accepted);
        auto proxy = std::make_unique<TcpProxy>(port_in(url));
        const auto pause = [&] {
            proxy->fall_silent(accepted);
            while (accepted && proxy->hanging() == 0) std::this_thread::yield();
        };
        check_ends(through(*proxy, url), pause, [&] { proxy.reset(); });
    }
}

} // namespace soci_test
