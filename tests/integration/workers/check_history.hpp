#pragma once

#include "database.hpp"
#include "fleet.hpp"

#include <set>
#include <string>
#include <vector>

namespace workers_test {

/// The result of checking a history.
struct Findings {
    std::vector<std::string> faults; ///< the first few broken promises, as text
    long rescues = 0;
    long retries = 0;
    long releases = 0;
};

/// Checks the records of the database and the workers against the promises: each acknowledged job
/// was completed exactly once and in the attempt that it needed, each fence was given to one run,
/// fences only rose, and no write under a stale fence took effect.
Findings check_history(const std::set<std::string>& acknowledged,
                       const std::set<std::string>& fail_first, const std::vector<Change>& changes,
                       const std::vector<Run>& runs);

} // namespace workers_test
