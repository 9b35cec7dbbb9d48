#pragma once

#include "run_differential.hpp"

#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/conformance.hpp>

#include <functional>

namespace differential {

/// `stores(options)` gives the stores of the conformance suite. A sequence takes a second or two.
inline void run_on_server(
    const std::function<asyncjobs::testing::StoreFactory(asyncjobs::StoreOptions)>& stores) {
    asyncjobs::testing::DifferentialSubject subject;
    const auto factory = stores({.readers = 1, .clock = subject.clock});
    subject.reset = factory.reset;
    subject.open = factory.open;
    subject.claims_may_lag = true;
    subject.sweeps_may_lag = true;
    run(subject, {.plain = 10, .all = 100});
}

} // namespace differential
