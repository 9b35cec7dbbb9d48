#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;
using Fault = testing::FaultyJobStore::Fault;

/// A few lane latencies, each below 2 ms, and shorter than any other period.
constexpr Duration at_once = 20ms;

/// Counts an executor's calls of its store.
class SpyStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        settlements_sent += settlements.size();
        for (const auto& settlement : settlements)
            if (refuses && refuses(settlement)) throw Error(Errc::store_failure, "refused");
        return inner().exchange(settlements, request);
    }
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override {
        for (const auto& heartbeat : heartbeats)
            if (heartbeat.progress) sent.push_back(heartbeat.progress->percent);
        return inner().renew(heartbeats, lease_for);
    }

    std::size_t settlements_sent = 0;
    std::vector<int> sent = {}; ///< percentages, by renew()
    std::function<bool(const Settlement&)> refuses = {};
};

/// A store and processes around it, in virtual time.
struct World {
    testing::Simulation simulation{1};
    MemoryJobStore memory{[this] { return simulation.wall_clock(); }};
    std::function<Fault(std::string_view member)> plan = {};
    testing::FaultyJobStore faulty{
        memory, [this](std::string_view member) { return plan ? plan(member) : Fault::none; }};
    SpyStore store{faulty};
    std::shared_ptr<testing::SimulatedRuntime> process =
        std::make_shared<testing::SimulatedRuntime>(simulation);
    Client client{memory, process};
    std::vector<LogEntry> log = {};

    /// Nothing happens by polling unless a test configures it.
    ExecutorOptions options() {
        return {.concurrency = 2,
                .poll_every = 1h,
                .retry = Backoff{.first = 1s, .jitter = 0.0},
                .log = [this](const LogEntry& entry) { log.push_back(entry); }};
    }

    SteadyTime now() const { return simulation.now(); }

    bool until(const std::function<bool()>& done, Duration within = 1min) {
        return simulation.run_until(done, now() + within);
    }

    JobId submit(NewJob job = {.type = "work"}) { return client.submit(std::move(job)).id; }

    Job find(const JobId& id) { return memory.find({&id, 1}).front().value(); }
    JobStatus status(const JobId& id) { return find(id).status; }

    bool finishes(const JobId& id, Duration within = 1min) {
        return until([&] { return is_finished(status(id)); }, within);
    }

    /// An asynchronous handler whose runs take `length`, whatever is requested.
    AsyncHandlerFunction taking(Duration length) {
        return [this, length](const JsonText&, ProgressReporter&, Completion done) {
            process->after(length, [done = std::move(done)] { done(nullptr, JsonText()); });
        };
    }

    std::size_t logged(std::string_view part) const {
        std::size_t count = 0;
        for (const auto& entry : log)
            count += entry.message.find(part) != std::string::npos ? 1 : 0;
        return count;
    }
};

inline HandlerFunction doing_nothing() {
    return [](const JsonText&, ProgressReporter&) { return JsonText(); };
}
