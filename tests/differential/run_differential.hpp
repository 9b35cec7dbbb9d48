#pragma once

#include <asyncjobs/testing/differential.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace differential {

/// How many sequences a test tries, one for each seed from 1.
struct Extent {
    std::size_t plain = 20; ///< in any run
    std::size_t all = 2000; ///< with ASYNCJOBS_SEQUENCES=all
};

inline void run(const asyncjobs::testing::DifferentialSubject& subject, const Extent& extent = {}) {
    const auto options = asyncjobs::testing::requested_sequences(extent.plain, extent.all);
    const auto difference = asyncjobs::testing::find_difference(subject, options);
    CHECK_MESSAGE(!difference, (difference ? difference->text() : std::string()));
}

} // namespace differential
