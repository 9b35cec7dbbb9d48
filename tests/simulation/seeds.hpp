#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace simulation {

struct Seeds {
    std::uint64_t first = 1, last = 0;
};

/// ASYNCJOBS_SEEDS selects them: `7`, or `1-10000`, the default.
inline Seeds seeds() {
    const char* text = std::getenv("ASYNCJOBS_SEEDS");
    const std::string range = text ? text : "1-10000";
    const auto dash = range.find('-');
    const auto first = std::stoull(range);
    return {first, dash == range.npos ? first : std::stoull(range.substr(dash + 1))};
}

/// Calls `run(seed)`, which returns its violations, for each seed, and prints them. Returns how
/// many seeds had some, at most ten.
template <typename Run>
std::uint64_t broken_seeds(Run run) {
    const Seeds all = seeds();
    std::atomic<std::uint64_t> next = all.first;
    std::atomic<std::uint64_t> broken = 0;
    const auto work = [&] {
        for (auto seed = next++; seed <= all.last && broken < 10; seed = next++) {
            const std::vector<std::string> violations = run(seed);
            if (violations.empty()) continue;
            ++broken;
            for (const auto& violation : violations)
                fmt::print(stderr, "seed {}: {}\n", seed, violation);
        }
    };
    {
        std::vector<std::jthread> threads(std::max(1u, std::thread::hardware_concurrency()));
        for (auto& thread : threads) thread = std::jthread(work);
    }
    return broken;
}

} // namespace simulation
