#pragma once

#include <asyncjobs/job_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simulation {

/// Puts a decorator between the fleet and its store.
using Plant = std::function<std::unique_ptr<asyncjobs::JobStore>(asyncjobs::JobStore& inner)>;

/// Runs three executors against one store through crashes, pauses, restarts, cancellations, limits
/// that change and failing store calls, all drawn from `seed`, until every job is finished. Answers
/// the promises that were broken; the same seed gives the same run.
std::vector<std::string> run_fleet(std::uint64_t seed, const Plant& plant = {});

} // namespace simulation
