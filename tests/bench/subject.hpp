#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

/// The wall clock, in microseconds.
inline std::int64_t now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// The amount of work.
struct Load {
    std::size_t jobs = 10'000;
    std::size_t waiting = 0; ///< more jobs, of a queue without a worker, for claim_at_depth
    std::size_t finished = 1'000'000;  ///< existing rows, for claim_at_depth
    std::size_t scheduled = 1'000'000; ///< likewise, due in an hour; for workflow, too
    double seconds = 3;                ///< maximum time of measures job by job
    double rate = 2'000;               ///< submits a second, for long_reader
    std::size_t dead = 0;              ///< purged jobs within long_reader's snapshot
    std::size_t burst = 10;            ///< of each key's rate, for rate_backlog
    std::string kept = {};             ///< URL of a store that stays, for operations; or empty
    unsigned connections = 0;          ///< executors that drain; 0: 1 for a file, 2 for a server
};

/// A hundred bytes of JSON.
std::string input();

/// The program to measure: the engine, or a minimal program on the bare database. Each measure
/// returns jobs a second, unless its comment states a time.
class Subject {
public:
    virtual ~Subject() = default;

    virtual double enqueue1() = 0;  ///< one thread, one job a transaction
    virtual double enqueue16() = 0; ///< 16 threads, one job a call
    virtual double bulk() = 0;      ///< 1,000 jobs a transaction
    virtual double drain() = 0;     ///< claim and complete a backlog
    virtual double latency() = 0;   ///< median microseconds from submit to start, when idle

    std::size_t drain_batch = 100; ///< jobs a transaction: measured by the engine, used by the bare
};

/// A subject's database: empty at first, removed with this object.
class Place {
public:
    virtual ~Place() = default;
    virtual std::string url() const = 0; ///< of a store
    /// Does the database's periodic cleanup now.
    virtual void tidy_up() const {}
    /// Begins a reading transaction of another session, which ends with the returned object. Null
    /// if the database has none.
    virtual std::shared_ptr<void> hold_snapshot() const { return nullptr; }
    /// The size of a file's log.
    virtual std::size_t log_bytes() const { return 0; }
    virtual std::unique_ptr<Subject> make_bare(const Load& load) const = 0;
};

/// Throws std::exception if the store can't be measured.
std::unique_ptr<Place> make_place(const std::string& url);
std::unique_ptr<Place> make_memory_place();
std::unique_ptr<Place> make_sqlite_place(const std::string& url);
std::unique_ptr<Place> make_postgresql_place(const std::string& url);
std::unique_ptr<Place> make_mysql_place(const std::string& url);

std::unique_ptr<Subject> make_engine(const std::string& url, const Load& load);

/// Returns the microseconds of the engine's calls among the jobs of `load`, by name: to settle 100
/// jobs and claim 100, to read one, to read a page, to count waiting jobs, to rescue 100 and to
/// purge 100.
std::map<std::string, double> calls_at_depth(const Place& place, const Load& load);

/// Returns the microseconds of workflows among `load.scheduled` other jobs, by name.
std::map<std::string, double> workflow_times(const Place& place, const Load& load);

/// Microseconds by name: from a submit to its start, and to count waiting jobs.
struct LongReaderTimes {
    std::map<std::string, double> clean,
        held; ///< without and with another session's long transaction
    std::size_t held_bytes = 0, bytes_after = 0;
};

/// Measures `load.rate` submits a second of jobs that take a millisecond, with 64 workers; each
/// part takes `load.seconds`.
LongReaderTimes long_reader_times(const Place& place, const Load& load);
/// The results for a backlog of `load.jobs`, of four keys with a rate of 500/s each.
struct RateBacklog {
    double allowed = 2000;     ///< starts a second
    double starts = 0;         ///< a second, over `load.seconds` from the first claim on
    std::size_t throttled = 0; ///< events of jobs that a limit keeps waiting
    std::size_t lost = 0;      ///< events that the stream dropped
};
RateBacklog rate_backlog(const Place& place, const Load& load);

/// The milliseconds of one of OperatorStore's calls.
struct OperationTime {
    std::string name;
    double median = 0, worst = 0;
};

/// Fills an empty store with `jobs` for operation_times(), and returns the seconds that it took; 0
/// if an earlier call filled the store. Throws std::exception if it holds other jobs.
double fill_for_operations(const std::string& url, std::size_t jobs);

/// Measures operators' calls in a filled store: changes `rounds` times, others five times as often.
/// The store holds the same jobs afterwards.
std::vector<OperationTime> operation_times(const std::string& url, int rounds);

/// Calls `step` until `jobs` are done or the time is over; returns jobs a second. `step` returns
/// the number of jobs that it did; zero ends the loop as well.
template <typename Step>
double rate(std::size_t jobs, double seconds, Step step) {
    const auto start = Clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    std::size_t done = 0, more = 1;
    for (; more > 0 && done < jobs && elapsed() < seconds; done += more) more = step();
    return static_cast<double>(done) / elapsed();
}

/// The same on several threads, each with the `step` that `make_step(thread)` returns.
double rate_of_threads(unsigned threads, std::size_t jobs, double seconds,
                       const std::function<std::function<std::size_t()>(unsigned)>& make_step);

double median(std::vector<double> values);

inline double microseconds_since(Clock::time_point start, Clock::time_point end = Clock::now()) {
    return std::chrono::duration<double, std::micro>(end - start).count();
}

/// Returns the median of 200 times that `step` returns.
template <typename Step>
double median_of(Step step) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) values.push_back(step());
    return median(std::move(values));
}

} // namespace bench
