#pragma once

#include <asyncjobs/json_text.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace asyncjobs::http::openapi {

/// The object that a host gave as text, empty for null. Throws Error (Errc::invalid_argument) that
/// names the `argument` for anything else.
boost::json::object object_of(const JsonText& text, std::string_view argument);

/// Of a text of our own.
boost::json::object parse_object(std::string_view text);

/// Adds those members whose names `to` does not have.
void add_missing(boost::json::object& to, const boost::json::object& from);

/// `{"$ref": "#/components/<kind>/<name>"}`
boost::json::object reference(std::string_view kind, std::string_view name);

} // namespace asyncjobs::http::openapi
