#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace bench {
namespace {

using namespace asyncjobs;

/// Counts settlements and their transactions.
class CountingStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto exchanged = inner().exchange(settlements, request);
        if (settlements.empty()) return exchanged;
        const std::lock_guard lock(mutex_);
        settled_ += settlements.size();
        ++exchanges_;
        changed_.notify_all();
        return exchanged;
    }

    void wait_for(std::size_t settled) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return settled_ >= settled; });
    }

    std::size_t mean_batch() const { return exchanges_ == 0 ? 1 : settled_ / exchanges_; }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t settled_ = 0, exchanges_ = 0;
};

NewJob noop(Duration delay = {}) {
    NewJob job;
    job.type = "noop";
    static const std::string text = input();
    job.input = JsonText::trusted(text);
    job.delay = delay;
    return job;
}

/// The library as a host uses it.
class Engine final : public Subject {
public:
    Engine(const std::string& url, const Load& load)
        : load_(load), store_(open_store(url)), client_(*store_) {}

    double enqueue1() override {
        return rate(load_.jobs, load_.seconds, [&] {
            client_.submit(noop());
            return 1u;
        });
    }

    double enqueue16() override {
        return rate_of_threads(16, load_.jobs, load_.seconds, [this](unsigned) {
            return [this] {
                client_.submit(noop());
                return std::size_t{1};
            };
        });
    }

    double bulk() override {
        return rate(load_.jobs, load_.seconds, [&] {
            client_.submit(std::vector<NewJob>(1000, noop()));
            return 1000u;
        });
    }

    double drain() override {
        fill(load_.jobs);
        CountingStore counted(*store_);
        std::vector<std::unique_ptr<Executor>> executors;
        for (unsigned i = 0; i < load_.connections; ++i) {
            executors.push_back(std::make_unique<Executor>(counted));
            handle_noop(*executors.back(), [] {});
        }
        const auto start = Clock::now();
        for (auto& executor : executors) executor->start();
        counted.wait_for(load_.jobs);
        const std::chrono::duration<double> elapsed = Clock::now() - start;
        for (auto& executor : executors) executor->stop();
        drain_batch = counted.mean_batch();
        return static_cast<double>(load_.jobs) / elapsed.count();
    }

    double latency() override {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<Clock::time_point> started;
        CountingStore counted(*store_);
        Executor executor(counted);
        handle_noop(executor, [&] {
            const auto time = Clock::now();
            const std::lock_guard lock(mutex);
            started = time;
            changed.notify_all();
        });
        executor.start();
        Client client(counted);
        std::size_t submitted = 0;
        const auto median = median_of([&] {
            const auto start = Clock::now();
            client.submit(noop());
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return started.has_value(); });
            const auto time = microseconds_since(start, *std::exchange(started, std::nullopt));
            lock.unlock();
            counted.wait_for(++submitted);
            return time;
        });
        executor.stop();
        return median;
    }

    std::map<std::string, double> calls_at_depth(const Place& place) {
        fill(load_.scheduled, std::chrono::hours{1});
        fill(load_.finished);
        exchange_all(load_.finished, 1000);
        fill(load_.jobs + load_.waiting);
        place.tidy_up();
        std::map<std::string, double> times;
        times["claim"] = 100e6 / exchange_all(load_.jobs, 100);
        const auto id = client_.submit(noop()).id;
        times["find"] = median_time([] {}, [&] { client_.find(id); });
        times["list"] = median_time([] {}, [&] { client_.list({}); });
        times["workload"] = median_time([] {}, [&] { client_.workload("default", "noop"); });
        fill(1000);
        times["rescue"] = median_time([&] { claim(100, Duration{1}); },
                                      [&] {
                                          if (store_->rescue(100, 1000).size() != 100)
                                              throw std::runtime_error("rescue");
                                      });
        times["purge"] = median_time(
            [&] {
                client_.submit(std::vector<NewJob>(100, short_lived()));
                std::vector<Settlement> settlements;
                for (const auto& job : claim(100, std::chrono::minutes{1}, "short"))
                    settlements.push_back(Settlement::completed(job.lease, {}));
                store_->settle(settlements);
            },
            [&] {
                if (store_->purge(100) != 100) throw std::runtime_error("purge");
            });
        return times;
    }

private:
    void fill(std::size_t jobs, Duration delay = {}) {
        for (std::size_t done = 0; done < jobs; done += 1000)
            client_.submit(
                std::vector<NewJob>(std::min<std::size_t>(jobs - done, 1000), noop(delay)));
    }

    static NewJob short_lived() {
        auto job = noop();
        job.queue = "short";
        job.retention = {};
        return job;
    }

    std::vector<ClaimedJob> claim(std::size_t limit, Duration lease_for,
                                  const std::string& queue = "default") {
        return store_
            ->claim({.worker = "bench",
                     .queues = std::span(&queue, 1),
                     .limit = limit,
                     .lease_for = lease_for})
            .claimed;
    }

    /// Returns the median time of `call` in microseconds, each time after `prepare`.
    template <typename Prepare, typename Call>
    static double median_time(Prepare prepare, Call call) {
        return median_of([&] {
            prepare();
            const auto start = Clock::now();
            call();
            return microseconds_since(start);
        });
    }

    template <typename Run>
    static void handle_noop(Executor& executor, Run run) {
        executor.handle("noop", [run](const JsonText&, ProgressReporter&) {
            run();
            return JsonText();
        });
    }

    /// Returns jobs a second.
    double exchange_all(std::size_t jobs, std::size_t batch) {
        const std::vector<std::string> queues = {"default"};
        std::vector<Settlement> settlements;
        const auto exchange = [&] {
            const auto settled = settlements.size();
            const auto exchanged = store_->exchange(
                settlements, {.worker = "bench", .queues = queues, .limit = batch});
            settlements.clear();
            for (const auto& job : exchanged.claimed)
                settlements.push_back(Settlement::completed(job.lease, {}));
            return settled;
        };
        exchange();
        const auto result = rate(jobs, 1e9, exchange);
        store_->settle(settlements);
        return result;
    }

    const Load load_;
    std::unique_ptr<JobStore> store_;
    Client client_;
};

} // namespace

std::unique_ptr<Subject> make_engine(const std::string& url, const Load& load) {
    return std::make_unique<Engine>(url, load);
}

std::map<std::string, double> calls_at_depth(const Place& place, const Load& load) {
    return Engine(place.url(), load).calls_at_depth(place);
}

} // namespace bench
