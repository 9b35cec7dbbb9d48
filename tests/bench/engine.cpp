#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/forwarding_job_store.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace bench {
namespace {

using namespace asyncjobs;

/// Counts what was settled, and in how many transactions.
class CountingStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto answer = inner().exchange(settlements, request);
        if (settlements.empty()) return answer;
        const std::lock_guard lock(mutex_);
        settled_ += settlements.size();
        ++exchanges_;
        changed_.notify_all();
        return answer;
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
    job.input = JsonText::trusted("{}");
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
        const auto start = Clock::now();
        std::atomic<std::size_t> done = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 16; ++i)
            threads.emplace_back([&] {
                std::size_t mine = 0;
                rate(load_.jobs / 16, load_.seconds, [&] {
                    client_.submit(noop());
                    ++mine;
                    return 1u;
                });
                done += mine;
            });
        for (auto& thread : threads) thread.join();
        const std::chrono::duration<double> elapsed = Clock::now() - start;
        return static_cast<double>(done) / elapsed.count();
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
        Executor executor(counted);
        handle_noop(executor, [] {});
        const auto start = Clock::now();
        executor.start();
        counted.wait_for(load_.jobs);
        const std::chrono::duration<double> elapsed = Clock::now() - start;
        executor.stop();
        drain_batch = counted.mean_batch();
        return static_cast<double>(load_.jobs) / elapsed.count();
    }

    double latency() override {
        using Microseconds = std::chrono::duration<double, std::micro>;
        std::mutex mutex;
        std::condition_variable changed;
        Clock::time_point started;
        std::size_t ran = 0;
        CountingStore counted(*store_);
        Executor executor(counted);
        handle_noop(executor, [&] {
            const auto time = Clock::now();
            const std::lock_guard lock(mutex);
            started = time;
            ++ran;
            changed.notify_all();
        });
        executor.start();
        Client client(counted);
        std::vector<double> waits;
        for (std::size_t i = 0; i < 200; ++i) {
            const auto submitted = Clock::now();
            client.submit(noop());
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return ran == i + 1; });
                waits.push_back(Microseconds(started - submitted).count());
            }
            counted.wait_for(i + 1);
        }
        executor.stop();
        return median(waits);
    }

    double claim(bool at_depth) override {
        if (at_depth) {
            fill(load_.scheduled, std::chrono::hours{1});
            fill(load_.finished);
            exchange_all(load_.finished, 1000, 1e9);
        }
        fill(load_.jobs);
        return exchange_all(load_.jobs, 100, load_.seconds);
    }

private:
    void fill(std::size_t jobs, Duration delay = {}) {
        for (std::size_t done = 0; done < jobs; done += 1000)
            client_.submit(
                std::vector<NewJob>(std::min<std::size_t>(jobs - done, 1000), noop(delay)));
    }

    template <typename Run>
    static void handle_noop(Executor& executor, Run run) {
        executor.handle("noop", [run](const JsonText&, ProgressReporter&) {
            run();
            return JsonText();
        });
    }

    double exchange_all(std::size_t jobs, std::size_t batch, double seconds) {
        const std::vector<std::string> queues = {"default"};
        std::vector<Settlement> settlements;
        const auto answer = rate(jobs, seconds, [&] {
            const auto settled = settlements.size();
            const auto exchange = store_->exchange(
                settlements, {.worker = "bench", .queues = queues, .limit = batch});
            settlements.clear();
            for (const auto& job : exchange.claimed)
                settlements.push_back(Settlement::completed(job.lease, {}));
            return settled;
        });
        store_->settle(settlements);
        return answer;
    }

    const Load load_;
    std::unique_ptr<JobStore> store_;
    Client client_;
};

} // namespace

std::unique_ptr<Subject> make_engine(const std::string& url, const Load& load) {
    return std::make_unique<Engine>(url, load);
}

} // namespace bench
