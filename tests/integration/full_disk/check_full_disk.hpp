#pragma once

#include <string>

/// Starts a server with a script of tests/servers, and fills its disk while jobs are submitted and
/// run.
void check_full_disk(const std::string& script);
