#pragma once

#include <string>
#include <string_view>

namespace soci_test {

/// A submit whose answer is lost with its connection has an unknown outcome, and a client that
/// repeats it finds the job. `commit` is what a store sends last of a transaction.
void check_submits_with_lost_answers(const std::string& url, std::string_view commit);

/// The handler runs once, whichever answer is lost: that to the claim, or that to the settlement.
void check_executor_with_lost_answers(const std::string& url, std::string_view commit);

} // namespace soci_test
