#pragma once

#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Throws Error (Errc::invalid_argument) that names the argument and a mismatch, if there is one.
void refuse_any(const json::Mismatches& mismatches, std::string_view argument);

/// The object that a host gave as text, empty for null. Throws Error (Errc::invalid_argument) that
/// names the `argument` for anything else.
boost::json::object object_of(const JsonText& text, std::string_view argument);

/// Likewise if it has the members of Shape, which is described, as they are there.
template <typename Shape>
boost::json::object object_like(const JsonText& text, std::string_view argument) {
    auto object = object_of(text, argument);
    Shape shape;
    refuse_any(json::read(object, shape), argument);
    return object;
}

/// Of a text of our own.
boost::json::object parse_object(std::string_view text);

/// Whether their texts are the same. Boost.JSON's own comparison ends the process where it has no
/// memory.
bool have_same_text(const boost::json::value& a, const boost::json::value& b);

/// Adds those members whose names `to` does not have.
void add_missing(boost::json::object& to, const boost::json::object& from);

/// `{"$ref": "#/components/<kind>/<name>"}`
boost::json::object reference(std::string_view kind, std::string_view name);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
