#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Schemas of problem documents: see Problem.
boost::json::object problem_schemas();

/// Responses that are problems, by name.
boost::json::object problem_responses();

/// The problems that any route may return, by status.
boost::json::object common_problems(bool authenticated, bool may_forbid);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
