#pragma once

#include "database.hpp"
#include "fleet.hpp"

#include <set>
#include <string>
#include <vector>

namespace workers_test {

/// What a history shows besides its faults.
struct Findings {
    std::vector<std::string> faults; ///< the first few broken promises, in words
    long rescues = 0;
    long retries = 0;
    long releases = 0;
};

/// Holds what the database and the workers recorded against the promises: each acknowledged job
/// completed exactly once and in the attempt that it needed, each fence given to one run and only
/// rising, nothing written under a fence that was not the job's.
Findings check_history(const std::set<std::string>& acknowledged,
                       const std::set<std::string>& fail_first, const std::vector<Change>& changes,
                       const std::vector<Run>& runs);

} // namespace workers_test
