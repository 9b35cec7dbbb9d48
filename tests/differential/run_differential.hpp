#pragma once

#include <asyncjobs/testing/differential.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace differential {

/// ASYNCJOBS_SEQUENCES names the seeds: `7`, or `1-2000`; without it, the first few are tried.
inline asyncjobs::testing::DifferentialOptions options(std::size_t without) {
    asyncjobs::testing::DifferentialOptions options{.sequences = without};
    const char* text = std::getenv("ASYNCJOBS_SEQUENCES");
    if (!text) return options;
    const std::string range = text;
    const auto dash = range.find('-');
    options.first_seed = std::stoull(range);
    options.sequences = 1;
    if (dash != range.npos)
        options.sequences = std::stoull(range.substr(dash + 1)) - options.first_seed + 1;
    return options;
}

/// Tries as many sequences as fit into `longest`, and ten at least.
inline void run(const asyncjobs::testing::DifferentialSubject& subject, std::size_t without,
                std::chrono::seconds longest = std::chrono::minutes{3}) {
    constexpr std::size_t at_once = 10;
    const auto began = std::chrono::steady_clock::now();
    auto some = options(without);
    std::size_t tried = 0;
    for (auto left = some.sequences; left > 0; left -= some.sequences) {
        if (tried > 0 && std::chrono::steady_clock::now() - began > longest) break;
        some.sequences = std::min(left, at_once);
        const auto difference = asyncjobs::testing::find_difference(subject, some);
        CHECK_MESSAGE(!difference, (difference ? difference->text() : std::string()));
        if (difference) return;
        some.first_seed += some.sequences;
        tried += some.sequences;
    }
    MESSAGE("sequences tried: " << tried);
}

} // namespace differential
