#pragma once

#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Throws Error (Errc::invalid_argument) that names the argument and a mismatch, if any.
void refuse_any(const json::Mismatches& mismatches, std::string_view argument);

/// The object that a host gave as text, empty for null. Throws Error (Errc::invalid_argument) that
/// names the `argument` for anything else.
boost::json::object object_of(const JsonText& text, std::string_view argument);

/// Likewise; also throws if a member does not have the type that Shape, which is described,
/// declares.
template <typename Shape>
boost::json::object object_like(const JsonText& text, std::string_view argument) {
    auto object = object_of(text, argument);
    Shape shape;
    refuse_any(json::read(object, shape), argument);
    return object;
}

/// Parses a text that is known to be an object.
boost::json::object parse_object(std::string_view text);

/// Whether their texts are equal. Boost.JSON's comparison ends the process when memory is
/// exhausted.
bool have_same_text(const boost::json::value& a, const boost::json::value& b);

/// Adds those members whose names `to` does not have.
void add_missing(boost::json::object& to, const boost::json::object& from);

/// `{"$ref": "#/components/<kind>/<name>"}`
boost::json::object reference(std::string_view kind, std::string_view name);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
