#pragma once

#include <asyncjobs/config.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// `sql` with `prefix` before each name of a table, index or view of this library, which are the
/// words that begin with `jobs`, `job_queues` or `asyncjobs_schema`.
std::string with_table_prefix(std::string_view sql, std::string_view prefix);

/// Throws Error (Errc::invalid_argument) for what is not 1-30 of `a-z 0-9 _`, a letter first.
void check_table_prefix(std::string_view prefix);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
