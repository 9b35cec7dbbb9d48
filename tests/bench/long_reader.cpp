#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace bench {
namespace {

using namespace asyncjobs;
using std::chrono::duration;

constexpr unsigned submitters = 8;
constexpr std::size_t job_threads = 64;

/// Times in microseconds. Thread-safe.
class Times {
public:
    void add(double time) {
        const std::lock_guard lock(mutex_);
        times_.push_back(time);
    }
    std::vector<double> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(times_, {});
    }

private:
    std::mutex mutex_;
    std::vector<double> times_;
};

double quantile(std::vector<double>& times, double share) {
    if (times.empty()) return 0;
    const auto at = std::min(times.size() - 1,
                             static_cast<std::size_t>(share * static_cast<double>(times.size())));
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(at));
    return times[at];
}

std::int64_t steady_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
        .count();
}

/// Jobs of a millisecond at a steady rate, with the other work of clients and the executor.
class SteadyLoad {
public:
    SteadyLoad(const std::string& url, const Load& load)
        : load_(load), store_(open_store(url)),
          executor_(*store_, {.concurrency = job_threads, .purge_every = std::chrono::seconds{5}}) {
        executor_.handle("noop", [this](const JsonText& given, ProgressReporter&) {
            std::int64_t submitted_at = 0;
            const auto& text = given.text();
            std::from_chars(text.data(), text.data() + text.size(), submitted_at);
            starts.add(static_cast<double>(steady_now() - submitted_at));
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            return JsonText();
        });
        executor_.start();
        for (unsigned i = 0; i < submitters; ++i) threads_.emplace_back([this] { submit(); });
        threads_.emplace_back([this] { count(); });
    }
    ~SteadyLoad() {
        is_over_ = true;
        for (auto& thread : threads_) thread.join();
        executor_.stop();
    }

    Times starts; ///< from a submit to the start of its handler
    Times counts; ///< of workload()

private:
    void submit() {
        Client client(*store_);
        const auto interval =
            std::chrono::duration_cast<Clock::duration>(duration<double>(submitters / load_.rate));
        for (auto next = Clock::now(); !is_over_; next += interval) {
            std::this_thread::sleep_until(next);
            NewJob job;
            job.type = "noop";
            job.retention = std::chrono::seconds{10};
            job.input = JsonText::trusted(std::to_string(steady_now()));
            client.submit(std::move(job));
        }
    }

    void count() {
        while (!is_over_) {
            const auto start = Clock::now();
            store_->workload("default", "noop");
            counts.add(microseconds_since(start));
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
    }

    const Load load_;
    std::unique_ptr<JobStore> store_;
    Executor executor_;
    std::atomic<bool> is_over_ = false;
    std::vector<std::thread> threads_;
};

/// Submits jobs that were due in the last hour, runs and purges them.
void leave_dead(JobStore& store, std::size_t count) {
    constexpr std::size_t at_once = 1000;
    constexpr std::chrono::microseconds hour = std::chrono::hours{1};
    const auto start = std::chrono::floor<Duration>(std::chrono::system_clock::now()) - hour;
    const std::vector<std::string> queues = {"default"};
    ClaimRequest request;
    request.worker = "bench";
    request.queues = queues;
    request.limit = at_once;
    request.lease_for = std::chrono::seconds{1}; // so that no lease would end later than now
    Client client(store);
    std::vector<Settlement> done;
    for (std::size_t i = 0; i < count;) {
        std::vector<NewJob> jobs(at_once);
        for (NewJob& job : jobs) {
            job.type = "noop";
            job.retention = Duration::zero();
            job.run_at = start + static_cast<Duration::rep>(i++) * hour /
                                     static_cast<Duration::rep>(count + at_once);
        }
        client.submit(std::move(jobs));
        const auto exchanged = store.exchange(done, request);
        done.clear();
        for (const ClaimedJob& job : exchanged.claimed)
            done.push_back(Settlement::completed(job.lease, {}));
        store.purge(2 * at_once);
    }
    store.exchange(done, {});
    while (store.purge(10 * at_once) > 0) {
    }
}

std::map<std::string, double> quantiles(SteadyLoad& load, double seconds) {
    std::this_thread::sleep_for(duration<double>(seconds));
    auto starts = load.starts.take(), counts = load.counts.take();
    return {{"start_p50", quantile(starts, 0.5)},
            {"start_p99", quantile(starts, 0.99)},
            {"count_p99", quantile(counts, 0.99)}};
}

} // namespace

LongReaderTimes long_reader_times(const Place& place, const Load& load) {
    auto steady = std::make_unique<SteadyLoad>(place.url(), load);
    std::this_thread::sleep_for(std::chrono::seconds{3});
    quantiles(*steady, 0); // discards the slow start
    const double shown = std::min(10.0, load.seconds);
    LongReaderTimes times;
    times.clean = quantiles(*steady, load.seconds);
    {
        const auto snapshot = place.hold_snapshot();
        if (!snapshot) throw std::runtime_error("this store has no snapshots");
        if (load.dead > 0) {
            steady.reset();
            leave_dead(*open_store(place.url()), load.dead);
            steady = std::make_unique<SteadyLoad>(place.url(), load);
        }
        // Measures the end, when growing costs are at their maximum.
        quantiles(*steady, load.seconds - shown);
        times.held = quantiles(*steady, shown);
        times.held_bytes = place.log_bytes();
    }
    quantiles(*steady, shown);
    times.bytes_after = place.log_bytes();
    return times;
}

} // namespace bench
