#pragma once

#include <functional>
#include <string>

namespace soci_test {

/// Something that makes the database refuse what the store asks of it, and takes that back.
struct Outage {
    std::string what;
    std::function<void()> begin;
    std::function<void()> end;
};

/// Runs jobs on the store of `url` in virtual time, through an outage shorter than a lease and one
/// longer, and checks that what had ended is recorded, that nothing ran twice, that no crash was
/// counted, and that the log says when each outage began and when it ended.
void check_results_survive(const std::string& url, const Outage& outage);

} // namespace soci_test
