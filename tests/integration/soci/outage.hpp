#pragma once

#include <functional>
#include <string>

namespace soci_test {

/// Makes the database refuse the store's statements, and reverts that.
struct Outage {
    std::string what;
    std::function<void()> begin;
    std::function<void()> end;
};

/// Runs jobs on the store of `url` in virtual time, through an outage shorter than a lease and a
/// longer one, and checks that finished jobs are recorded, that no job ran twice, that no crash was
/// counted, and that the log records the beginning and the end of each outage.
void check_results_survive(const std::string& url, const Outage& outage);

} // namespace soci_test
