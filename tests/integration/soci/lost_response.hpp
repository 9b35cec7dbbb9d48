#pragma once

#include <string>
#include <string_view>

namespace soci_test {

/// A submit whose response is lost with its connection has an unknown outcome, and a client that
/// repeats it finds the job. `commit` is the last statement of a transaction.
void check_submits_with_lost_responses(const std::string& url, std::string_view commit);

/// The handler runs once, whether the claim's or the settlement's response is lost.
void check_executor_with_lost_responses(const std::string& url, std::string_view commit);

} // namespace soci_test
