#pragma once

#include <string>
#include <vector>

namespace cli_test {

/// Checks that each command that reads prints the same from a new store at `url` and from a server
/// of it.
void check_same_output(const std::string& url,
                       std::vector<std::string> formats = {"json", "table"});

} // namespace cli_test
