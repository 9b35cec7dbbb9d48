#pragma once

#include "openapi/schema_book.hpp"

#include <asyncjobs/http/submit_route.hpp>

#include <boost/json/array.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;

/// The schema of a route's documents: the declared one, with the required members and without those
/// that the host sets. A default moves to the description, since generated clients require a member
/// with that keyword. Throws Error (Errc::invalid_argument) for an invalid schema, and for a member
/// set by the host that is unknown or required.
boost::json::object input_schema(const detail::SubmitDescription& description);

/// The Request Body Object of a route that submits jobs by this rule.
boost::json::object request_body(const detail::SubmitRule& rule, SchemaBook& schemas);

/// The Request Body Object of the generic route.
boost::json::object request_body(const GenericTypes& types, SchemaBook& schemas);

/// The schema of completed jobs' results: one that the rules declare or one of `others`; any value
/// if no rule exists or one does not declare its result.
boost::json::object result_schema(const std::vector<const detail::SubmitRule*>& rules,
                                  SchemaBook& schemas, boost::json::array others = {});

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
