#pragma once

#include <asyncjobs/config.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Returns `sql` with `prefix` before each name of a table, index or view of this library: the
/// words that begin with `jobs`, `job_queues` or `asyncjobs_schema`.
std::string with_table_prefix(std::string_view sql, std::string_view prefix);

/// Throws Error (Errc::invalid_argument) unless it is 1-30 of `a-z 0-9 _`, with a letter first.
void check_table_prefix(std::string_view prefix);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
