#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

/// How much to do.
struct Load {
    std::size_t jobs = 10'000;
    std::size_t finished = 20'000;  ///< rows that lie there, for claim_at_depth
    std::size_t scheduled = 20'000; ///< likewise, due in an hour
    double seconds = 3;             ///< what is measured job by job ends after this
};

/// What is measured: the engine, or the least that a program on the bare database would do. Each
/// measure answers jobs a second, but latency, which answers microseconds.
class Subject {
public:
    virtual ~Subject() = default;

    virtual double enqueue1() = 0;           ///< one thread, one job a transaction
    virtual double enqueue16() = 0;          ///< 16 threads; bare: one with 16 jobs a transaction
    virtual double bulk() = 0;               ///< 1,000 jobs a transaction
    virtual double drain() = 0;              ///< claim and complete what waits
    virtual double latency() = 0;            ///< median, from submit to start, when all is idle
    virtual double claim(bool at_depth) = 0; ///< claim and complete by 100

    std::size_t drain_batch = 100; ///< jobs a transaction: measured by the engine, used by the bare
};

/// `url` names a store that does not exist yet.
std::unique_ptr<Subject> make_engine(const std::string& url, const Load& load);

/// Null where there is none for the store.
std::unique_ptr<Subject> make_bare(const std::string& url, const Load& load);
std::unique_ptr<Subject> make_bare_queue(const Load& load);
std::unique_ptr<Subject> make_bare_sqlite(const std::string& path, const std::string& synchronous,
                                          const Load& load);

/// Calls `step` until `jobs` are done or the time is over; answers jobs a second. `step` answers
/// how many it did.
template <typename Step>
double rate(std::size_t jobs, double seconds, Step step) {
    const auto start = Clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    std::size_t done = 0;
    while (done < jobs && elapsed() < seconds) done += step();
    return static_cast<double>(done) / elapsed();
}

double median(std::vector<double> values);

} // namespace bench
