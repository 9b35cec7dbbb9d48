#pragma once

#include "schema_book.hpp"

#include <asyncjobs/http/submit_route.hpp>

#include <functional>
#include <map>
#include <string>

namespace asyncjobs::http::openapi {

using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;

/// The Request Body Object of a route that submits jobs by this rule.
boost::json::object request_body(const detail::SubmitRule& rule, SchemaBook& schemas);

/// That of the generic route.
boost::json::object request_body(const GenericTypes& types, SchemaBook& schemas);

/// What completed jobs hold: one of the results that the rules declare, or anything if there is a
/// rule that does not.
boost::json::object result_schema(const std::vector<const detail::SubmitRule*>& rules,
                                  SchemaBook& schemas);

} // namespace asyncjobs::http::openapi
