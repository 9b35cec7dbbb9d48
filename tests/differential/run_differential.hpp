#pragma once

#include <asyncjobs/testing/differential.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <string>

namespace differential {

/// How many sequences a test tries, one for each seed from 1.
struct Extent {
    std::size_t plain = 20; ///< in any run
    std::size_t all = 2000; ///< with ASYNCJOBS_SEQUENCES=all
};

/// ASYNCJOBS_SEQUENCES is `all`, or names seeds: `7`, or `1-500`.
inline asyncjobs::testing::DifferentialOptions options(const Extent& extent) {
    asyncjobs::testing::DifferentialOptions options{.sequences = extent.plain};
    const char* text = std::getenv("ASYNCJOBS_SEQUENCES");
    if (!text) return options;
    const std::string seeds = text;
    options.sequences = extent.all;
    if (seeds == "all") return options;
    const auto dash = seeds.find('-');
    options.first_seed = std::stoull(seeds);
    options.sequences = 1;
    if (dash != seeds.npos)
        options.sequences = std::stoull(seeds.substr(dash + 1)) - options.first_seed + 1;
    return options;
}

inline void run(const asyncjobs::testing::DifferentialSubject& subject, const Extent& extent = {}) {
    const auto difference = asyncjobs::testing::find_difference(subject, options(extent));
    CHECK_MESSAGE(!difference, (difference ? difference->text() : std::string()));
}

} // namespace differential
