#pragma once

#include "schema_book.hpp"

#include <asyncjobs/http/submit_route.hpp>

#include <boost/json/array.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;

/// Of the documents that a route takes: what is said of them, with what it requires and without
/// what the host sets. A default is part of the description: where a schema has the keyword,
/// generated clients require the member. Throws Error (Errc::invalid_argument) for what is no
/// schema, and for a member to be set by the host that is unknown or required.
boost::json::object input_schema(const detail::SubmitDescription& description);

/// The Request Body Object of a route that submits jobs by this rule.
boost::json::object request_body(const detail::SubmitRule& rule, SchemaBook& schemas);

/// That of the generic route.
boost::json::object request_body(const GenericTypes& types, SchemaBook& schemas);

/// What completed jobs hold: one of the results that the rules declare or of `others`, or anything
/// if there is no rule, or one that does not declare its result.
boost::json::object result_schema(const std::vector<const detail::SubmitRule*>& rules,
                                  SchemaBook& schemas, boost::json::array others = {});

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
