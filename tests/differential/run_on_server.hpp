#pragma once

#include "run_differential.hpp"

#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/conformance.hpp>

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <vector>

namespace differential {

/// Returns the stores of the conformance suite, on tables of their own.
using ServerStores = std::function<asyncjobs::testing::StoreFactory(asyncjobs::StoreOptions)>;

inline std::optional<asyncjobs::testing::Difference>
find_on_server(const ServerStores& stores, asyncjobs::testing::DifferentialOptions options) {
    asyncjobs::testing::DifferentialSubject subject;
    const auto factory = stores({.readers = 1, .clock = subject.clock});
    subject.reset = factory.reset;
    subject.open = factory.open;
    subject.claims_may_lag = true;
    subject.sweeps_may_lag = true;
    return asyncjobs::testing::find_difference(subject, options);
}

/// A sequence waits for the server most of the time, so some run concurrently.
inline void run_on_server(const ServerStores& stores, const Extent& extent) {
    constexpr std::size_t most_threads = 4;
    const auto options = asyncjobs::testing::requested_sequences(extent.plain, extent.all);
    const auto threads = std::min(most_threads, options.sequences);
    std::vector<std::future<std::optional<asyncjobs::testing::Difference>>> found;
    for (std::size_t i = 0; i < threads; ++i) {
        auto part = options;
        const auto begin = i * options.sequences / threads;
        part.first_seed += begin;
        part.sequences = (i + 1) * options.sequences / threads - begin;
        found.push_back(std::async(std::launch::async, find_on_server, std::cref(stores), part));
    }
    for (auto& one : found) {
        const auto difference = one.get();
        CHECK_MESSAGE(!difference, (difference ? difference->text() : std::string()));
    }
}

} // namespace differential
