#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The documents that documents.hpp writes, by name: `Job` and `JobSummary` with one schema for
/// each status, `AcceptedJob`, `JobPage`.
boost::json::object job_schemas(std::size_t max_page);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
