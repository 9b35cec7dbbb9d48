#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simulation {

/// Inserts a decorator between the fleet and its store.
using Plant = std::function<std::unique_ptr<asyncjobs::JobStore>(asyncjobs::JobStore& inner)>;

/// Runs three executors against one store through crashes, pauses, restarts, cancellations, changes
/// of limits and failing store calls, all drawn from `seed`, until every job is finished. Returns
/// the broken promises; the same seed gives the same run.
std::vector<std::string> run_fleet(std::uint64_t seed, const Plant& plant = {});

} // namespace simulation
