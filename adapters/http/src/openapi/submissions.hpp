#pragma once

#include "schema_book.hpp"

#include <asyncjobs/http/submit_route.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;

/// Of the documents that a route takes: what is said of them, with what it requires. Throws Error
/// (Errc::invalid_argument) for what is no schema.
boost::json::object input_schema(const detail::SubmitDescription& description);

/// The Request Body Object of a route that submits jobs by this rule.
boost::json::object request_body(const detail::SubmitRule& rule, SchemaBook& schemas);

/// That of the generic route.
boost::json::object request_body(const GenericTypes& types, SchemaBook& schemas);

/// What completed jobs hold: one of the results that the rules declare, or anything if there is a
/// rule that does not.
boost::json::object result_schema(const std::vector<const detail::SubmitRule*>& rules,
                                  SchemaBook& schemas);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
