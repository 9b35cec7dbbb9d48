#include "schema_book.hpp"

#include "json_object.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

boost::json::value placed_at(std::string_view pointer, boost::json::value schema) {
    if (auto* array = schema.if_array())
        for (auto& element : *array) element = placed_at(pointer, std::move(element));
    if (auto* object = schema.if_object())
        for (auto& [key, member] : *object) {
            auto* target = key == "$ref" ? member.if_string() : nullptr;
            if (target && target->starts_with('#'))
                target->replace(0, 1, {pointer.data(), pointer.size()});
            else
                member = placed_at(pointer, std::move(member));
        }
    return schema;
}

template <typename SchemaAt>
boost::json::object SchemaBook::add_as(std::string_view name, SchemaAt schema_at) {
    for (int number = 1;; ++number) {
        const std::string key = std::string(name) + (number > 1 ? std::to_string(number) : "");
        const boost::json::value schema = schema_at("#/components/schemas/" + key);
        if (schemas_.emplace(key, schema).second || schemas_.at(key) == schema)
            return reference("schemas", key);
    }
}

boost::json::object SchemaBook::add(std::string_view name, const boost::json::object& schema) {
    return add_as(name, [&](const std::string&) { return schema; });
}

boost::json::object SchemaBook::add_whole(std::string_view name,
                                          const boost::json::object& schema) {
    return add_as(name, [&](const std::string& pointer) { return placed_at(pointer, schema); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
