#pragma once

#include "store/dialect.hpp"

#include <asyncjobs/limits.hpp>

#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Reads a row of limit_columns.
Limit read_limit(Row cells);

std::vector<Limit> read_limits(Session& session);

/// See JobStore::set_limit().
void set_limit(Session& session, const Dialect& dialect, const Limit& limit, CallTime now);

/// Deletes buckets and places that are no longer used, and rows of job_waiting for some of the jobs
/// after `job`. Returns the last of these jobs; empty after the last of all.
std::string forget_idle_buckets(Session& session, const Dialect& dialect, const std::string& job,
                                CallTime now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
