#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simulation {

/// Inserts a decorator between the schedulers and their store.
using Plant = std::function<std::unique_ptr<asyncjobs::JobStore>(asyncjobs::JobStore& inner)>;

/// Runs three schedulers against one store through crashes, pauses, restarts, changes of the
/// schedule and failing store calls, all drawn from `seed`. Returns the violations of the rule that
/// each slot fires exactly once. The same seed gives the same run.
std::vector<std::string> run_schedule_fleet(std::uint64_t seed, const Plant& plant = {});

} // namespace simulation
