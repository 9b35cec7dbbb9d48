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

/// How much to do.
struct Load {
    std::size_t jobs = 10'000;
    std::size_t waiting = 0; ///< more jobs, of a queue that nobody serves, for claim_at_depth
    std::size_t finished = 1'000'000;  ///< rows that lie there, for claim_at_depth
    std::size_t scheduled = 1'000'000; ///< likewise, due in an hour; for workflow, too
    double seconds = 3;                ///< what is measured job by job ends after this
    double rate = 2'000;               ///< submits a second, for long_reader
    std::size_t dead = 0;              ///< jobs that are gone when its snapshot has begun
    std::size_t burst = 10;            ///< of each key's rate, for rate_backlog
    unsigned connections = 0;          ///< executors that drain; 0: 1 for a file, 2 for a server
};

/// A hundred bytes of JSON.
std::string input();

/// What is measured: the engine, or the least that a program on the bare database would do. Each
/// measure answers jobs a second, unless it says that it answers microseconds.
class Subject {
public:
    virtual ~Subject() = default;

    virtual double enqueue1() = 0;  ///< one thread, one job a transaction
    virtual double enqueue16() = 0; ///< 16 threads, one job a call
    virtual double bulk() = 0;      ///< 1,000 jobs a transaction
    virtual double drain() = 0;     ///< claim and complete what waits
    virtual double latency() = 0;   ///< median time from submit to start, when all is idle

    std::size_t drain_batch = 100; ///< jobs a transaction: measured by the engine, used by the bare
};

/// Where a subject works: a database that is empty at first, and gone with this.
class Place {
public:
    virtual ~Place() = default;
    virtual std::string url() const = 0; ///< of a store
    /// Does at once what the database does now and then.
    virtual void tidy_up() const {}
    /// Somebody else's transaction that reads, as long as the answer lives. Null: there are none.
    virtual std::shared_ptr<void> hold_snapshot() const { return nullptr; }
    /// What a file's log takes besides it.
    virtual std::size_t log_bytes() const { return 0; }
    virtual std::unique_ptr<Subject> make_bare(const Load& load) const = 0;
};

/// Throws std::exception if the store URL names nothing that can be measured.
std::unique_ptr<Place> make_place(const std::string& url);
std::unique_ptr<Place> make_memory_place();
std::unique_ptr<Place> make_sqlite_place(const std::string& url);
std::unique_ptr<Place> make_postgresql_place(const std::string& url);
std::unique_ptr<Place> make_mysql_place(const std::string& url);

std::unique_ptr<Subject> make_engine(const std::string& url, const Load& load);

/// How many microseconds the engine's calls take where `load` lies, by name: to settle 100 jobs and
/// claim 100, to read one, to read a page, to count what waits, to rescue 100 and to purge 100.
std::map<std::string, double> calls_at_depth(const Place& place, const Load& load);

/// How many microseconds workflows take where `load.scheduled` other jobs lie, by name.
std::map<std::string, double> workflow_times(const Place& place, const Load& load);

/// Microseconds by name: from a submit to its start, and to count what waits.
struct LongReaderTimes {
    std::map<std::string, double> clean, held; ///< without and with somebody's long transaction
    std::size_t held_bytes = 0, bytes_after = 0;
};

/// Of `load.rate` submits a second of jobs that take a millisecond, with 64 workers; each part
/// takes `load.seconds`.
LongReaderTimes long_reader_times(const Place& place, const Load& load);
/// What becomes of a backlog of `load.jobs`, of four keys with a rate of 500/s each.
struct RateBacklog {
    double allowed = 2000;     ///< starts a second
    double starts = 0;         ///< a second, over `load.seconds` from the first claim on
    std::size_t throttled = 0; ///< events of jobs that a limit held back
    std::size_t lost = 0;      ///< events that found no room in the stream
};
RateBacklog rate_backlog(const Place& place, const Load& load);

/// Calls `step` until `jobs` are done or the time is over; answers jobs a second. `step` answers
/// how many it did; nothing ends it as well.
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

/// The same by several threads at once, with the `step` that `make_step(thread)` makes for each.
double rate_of_threads(unsigned threads, std::size_t jobs, double seconds,
                       const std::function<std::function<std::size_t()>(unsigned)>& make_step);

double median(std::vector<double> values);

inline double microseconds_since(Clock::time_point start, Clock::time_point end = Clock::now()) {
    return std::chrono::duration<double, std::micro>(end - start).count();
}

/// Of 200 times that `step` answers.
template <typename Step>
double median_of(Step step) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) values.push_back(step());
    return median(std::move(values));
}

} // namespace bench
