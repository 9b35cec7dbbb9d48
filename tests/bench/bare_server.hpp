#pragma once

#include "subject.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

/// The same durable work with the same statements on the client library of a
/// server: without an engine, and without handing work from one thread to another.
template <typename Worker>
class BareServer final : public Subject {
public:
    BareServer(typename Worker::Options options, const Load& load)
        : options_(std::move(options)), load_(load), worker_(options_) {}

    double enqueue1() override {
        return rate(load_.jobs, load_.seconds, [&] { return worker_.insert(1); });
    }
    double enqueue16() override {
        return by_threads(16, load_.seconds, [](Worker& worker) { return worker.insert(1); });
    }
    double bulk() override {
        return rate(load_.jobs, load_.seconds, [&] { return worker_.insert(1000); });
    }

    /// With the fastest number of connections and batch size.
    double drain() override {
        double best = 0;
        for (const unsigned connections : {1u, 2u, 3u})
            for (const std::size_t batch : {drain_batch, std::size_t{500}})
                best = std::max(best, drain(connections, batch));
        return best;
    }

    double latency() override {
        return median_of([&] {
            const auto start = Clock::now();
            worker_.insert(1);
            worker_.exchange(1);
            const auto time = microseconds_since(start);
            worker_.exchange(0);
            return time;
        });
    }

private:
    double drain(unsigned connections, std::size_t batch) {
        worker_.remove_all();
        for (std::size_t done = 0; done < load_.jobs; done += 1000)
            worker_.insert(std::min<std::size_t>(load_.jobs - done, 1000));
        return by_threads(connections, 1e9, [batch](Worker& worker) {
            if (!worker.holds_any()) worker.exchange(batch);
            return worker.exchange(batch);
        });
    }

    template <typename Step>
    double by_threads(unsigned threads, double seconds, Step step) {
        std::vector<std::unique_ptr<Worker>> workers;
        for (unsigned i = 0; i < threads; ++i)
            workers.push_back(std::make_unique<Worker>(options_));
        // No thread stops while there is work.
        return rate_of_threads(threads, load_.jobs * threads, seconds, [&](unsigned i) {
            return [&worker = *workers[i], step] { return step(worker); };
        });
    }

    const typename Worker::Options options_;
    const Load load_;
    Worker worker_;
};

} // namespace bench
