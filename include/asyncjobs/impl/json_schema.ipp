#pragma once

#include <asyncjobs/json_schema.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail {

ASYNCJOBS_INLINE Place Place::at(std::initializer_list<std::string_view> tokens) const {
    Place place = *this;
    for (const auto token : tokens) append_token(place.pointer, token);
    return place;
}

ASYNCJOBS_INLINE boost::json::object or_null(boost::json::object schema) {
    auto* type = schema.if_contains("type");
    if (!type || !type->is_string()) return schema;
    *type = {*type, "null"};
    if (auto* names = schema.if_contains("enum")) names->as_array().emplace_back(nullptr);
    return schema;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail
