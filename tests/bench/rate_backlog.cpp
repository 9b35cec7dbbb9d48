#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace bench {
namespace {

using namespace asyncjobs;

constexpr std::size_t backlog_keys = 4, backlog_rate = 500;

void submit_backlog(Client& client, std::size_t jobs) {
    for (std::size_t done = 0; done < jobs;) {
        std::vector<NewJob> some;
        for (; some.size() < 1000 && done < jobs; ++done) {
            auto& job = some.emplace_back();
            job.type = "limited";
            job.limit_key = "key " + std::to_string(done % backlog_keys);
            job.input = JsonText::trusted(input());
        }
        client.submit(std::move(some));
    }
}

} // namespace

RateBacklog rate_backlog(const Place& place, const Load& load) {
    const auto store = open_store(place.url());
    Client client(*store);
    client.set_limit({.name = "keys",
                      .queue = "default",
                      .scope = LimitScope::key,
                      .rate = backlog_rate,
                      .burst = load.burst});
    submit_backlog(client, load.jobs);
    place.tidy_up();
    RateBacklog result;
    std::atomic<std::size_t> started = 0;
    {
        EventStream events([&](std::span<const JobEvent> batch, LostEvents lost) {
            result.throttled += static_cast<std::size_t>(
                std::ranges::count(batch, JobEvent::Kind::throttled, &JobEvent::kind));
            result.throttled += lost.of(JobEvent::Kind::throttled);
            result.lost += lost.total();
        });
        std::vector<std::unique_ptr<Executor>> executors;
        for (unsigned i = 0; i < load.connections; ++i) {
            executors.push_back(
                std::make_unique<Executor>(*store, ExecutorOptions{.events = &events}));
            executors.back()->handle("limited", [&](const JsonText&, ProgressReporter&) {
                ++started;
                return JsonText();
            });
        }
        const auto begin = Clock::now();
        for (auto& executor : executors) executor->start();
        std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds));
        const std::chrono::duration<double> elapsed = Clock::now() - begin;
        result.starts = static_cast<double>(started) / elapsed.count();
        for (auto& executor : executors) executor->stop();
    }
    return result;
}

} // namespace bench
