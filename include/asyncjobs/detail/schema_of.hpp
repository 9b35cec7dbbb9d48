#pragma once

#include <asyncjobs/json_schema.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail {

/// The place of a part in the whole schema, and the structs that contain it.
struct ASYNCJOBS_DECL Place {
    UnknownMembers unknown = UnknownMembers::ignore;
    bool serialized = false; ///< a schema of written documents, not of accepted ones
    std::string pointer = "#";
    std::vector<std::pair<std::type_index, std::string>> within = {};

    Place at(std::initializer_list<std::string_view> tokens) const;
};

/// The same schema for a nullable value. Not for a struct's schema, which may be referred to.
ASYNCJOBS_DECL boost::json::object or_null(boost::json::object schema);

template <typename T>
boost::json::object schema_value(const Place& place);

template <std::integral T>
boost::json::object schema_integer() {
    using Limits = std::numeric_limits<T>;
    const std::string format = (Limits::is_signed ? "int" : "uint") + std::to_string(sizeof(T) * 8);
    return {{"type", "integer"},
            {"format", format},
            {"minimum", write_value(Limits::min())},
            {"maximum", write_value(Limits::max())}};
}

template <typename T>
boost::json::object schema_duration() {
    boost::json::object schema{{"type", "number"}, {"description", "in seconds"}};
    if constexpr (!std::chrono::treat_as_floating_point_v<typename T::rep>) {
        const double end = write_value(T::max()).get_double();
        schema.emplace("exclusiveMinimum", -end);
        schema.emplace("exclusiveMaximum", end);
    }
    return schema;
}

template <typename T>
boost::json::object schema_enum() {
    boost::json::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto enumerator) { names.emplace_back(enumerator.name); });
    return {{"type", "string"}, {"enum", std::move(names)}};
}

template <typename T>
void add_default(boost::json::object& schema, const T& value) {
    if constexpr (std::floating_point<T>) {
        if (std::isfinite(value)) schema.emplace("default", write_value(value));
    } else if constexpr (DescribedEnum<T>) {
        if (boost::describe::enum_to_string(value, nullptr))
            schema.emplace("default", write_value(value));
    } else if constexpr (std::integral<T> || std::same_as<T, std::string> || is_duration<T>) {
        schema.emplace("default", write_value(value));
    }
}

template <typename T>
boost::json::object schema_written_member(const Place& place) {
    if constexpr (is_a<T, std::optional>)
        return schema_value<typename T::value_type>(place);
    else
        return schema_value<T>(place);
}

template <Described T>
boost::json::object schema_struct(Place place) {
    for (const auto& [type, pointer] : place.within)
        if (type == typeid(T)) return {{"$ref", pointer}};
    place.within.emplace_back(typeid(T), place.pointer);
    const auto defaults = made_empty<T>();
    boost::json::object properties;
    boost::json::array required;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
        const auto& value = defaults.*member.pointer;
        using Member = std::remove_cvref_t<decltype(value)>;
        const auto here = place.at({"properties", member.name});
        if (place.serialized) {
            properties.emplace(member.name, schema_written_member<Member>(here));
            if (!is_a<Member, std::optional>) required.emplace_back(member.name);
        } else {
            auto schema = schema_value<Member>(here);
            add_default(schema, value);
            properties.emplace(member.name, std::move(schema));
        }
    });
    boost::json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema.emplace("required", std::move(required));
    if (place.unknown == UnknownMembers::refuse) schema.emplace("additionalProperties", false);
    return schema;
}

template <typename T>
boost::json::object schema_array(const Place& place) {
    return {{"type", "array"},
            {"items", schema_value<typename T::value_type>(place.at({"items"}))}};
}

template <typename T>
boost::json::object schema_variant(const Place& place) {
    boost::json::array alternatives;
    [&]<std::size_t... index>(std::index_sequence<index...>) {
        (alternatives.push_back(schema_value<std::variant_alternative_t<index, T>>(
             place.at({"anyOf", std::to_string(index)}))),
         ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>());
    return {{"anyOf", std::move(alternatives)}};
}

template <typename T>
boost::json::object schema_value(const Place& place) {
    if constexpr (std::same_as<T, boost::json::value> || std::same_as<T, JsonText>) {
        return {};
    } else if constexpr (std::same_as<T, bool>) {
        return {{"type", "boolean"}};
    } else if constexpr (std::integral<T>) {
        return schema_integer<T>();
    } else if constexpr (std::same_as<T, float>) {
        constexpr double most = std::numeric_limits<float>::max();
        return {{"type", "number"}, {"format", "float"}, {"minimum", -most}, {"maximum", most}};
    } else if constexpr (std::floating_point<T>) {
        return {{"type", "number"}, {"format", "double"}};
    } else if constexpr (std::same_as<T, std::string>) {
        return {{"type", "string"}};
    } else if constexpr (std::same_as<T, Timestamp>) {
        return {{"type", "string"}, {"format", "date-time"}};
    } else if constexpr (is_duration<T>) {
        return schema_duration<T>();
    } else if constexpr (is_a<T, std::optional>) {
        using Value = typename T::value_type;
        if constexpr (Described<Value> || is_a<Value, std::variant>)
            return {{"anyOf",
                     {schema_value<Value>(place.at({"anyOf", "0"})),
                      boost::json::object{{"type", "null"}}}}};
        else
            return or_null(schema_value<Value>(place));
    } else if constexpr (std::same_as<T, std::monostate>) {
        return {{"type", "null"}};
    } else if constexpr (is_a<T, std::variant>) {
        return schema_variant<T>(place);
    } else if constexpr (is_array<T>) {
        auto schema = schema_array<T>(place);
        schema.emplace("minItems", std::tuple_size_v<T>);
        schema.emplace("maxItems", std::tuple_size_v<T>);
        return schema;
    } else if constexpr (PathLike<T>) {
        return {{"type", "string"}};
    } else if constexpr (ReadByHost<T> || WrittenByHost<T>) {
        return {};
    } else if constexpr (DescribedEnum<T>) {
        return schema_enum<T>();
    } else if constexpr (Described<T>) {
        return schema_struct<T>(place);
    } else if constexpr (Dictionary<T>) {
        return {{"type", "object"},
                {"additionalProperties",
                 schema_value<typename T::mapped_type>(place.at({"additionalProperties"}))}};
    } else if constexpr (Collection<T>) {
        return schema_array<T>(place);
    } else {
        require_convertible<T>();
        return {};
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json::detail

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

template <typename T>
JsonText schema_of(UnknownMembers unknown) {
    return detail::to_text(detail::schema_value<T>({.unknown = unknown}));
}

template <typename T>
JsonText schema_of_serialized() {
    return detail::to_text(detail::schema_value<T>({.serialized = true}));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json
