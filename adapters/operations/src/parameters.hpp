#pragma once

#include "operation.hpp"

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What requests ask for, by the parameters of their targets. Bad ones are a Problem (400) that
/// names the parameter and the rule.
namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// The text of an optional parameter.
std::optional<std::string> read_text(const http::Call& call, std::string_view name);
/// An optional time in RFC 3339.
std::optional<Timestamp> read_time(const http::Call& call, std::string_view name);
/// The job that the path names; 404 if it is no id.
JobId read_job_id(const http::Call& call);

JobSearch read_search(const http::Call& call);
/// Those of read_search(), for the description.
std::vector<Parameter> search_parameters();
HistoryQuery read_history_query(const http::Call& call, Timestamp now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
