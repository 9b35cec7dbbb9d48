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

/// ASYNCJOBS_SEED names a single seed to look at; ASYNCJOBS_SEEDS how many to try.
inline std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);
    return text ? std::stoull(text) : fallback;
}

inline std::uint64_t seeds() { return from_environment("ASYNCJOBS_SEEDS", 10'000); }

/// Runs `run(seed)`, which answers what it found broken, for each seed, and prints that. Answers
/// for how many seeds something was; ten are enough.
template <typename Run>
std::uint64_t broken_seeds(Run run) {
    const auto first = from_environment("ASYNCJOBS_SEED", 1);
    const auto count = std::getenv("ASYNCJOBS_SEED") ? 1 : seeds();
    std::atomic<std::uint64_t> next = first;
    std::atomic<std::uint64_t> broken = 0;
    const auto work = [&] {
        for (auto seed = next++; seed < first + count && broken < 10; seed = next++) {
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
