#include "openapi/schema_book.hpp"

#include "openapi/json_object.hpp"
#include "openapi/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>
#include <vector>

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

namespace {

/// The targets of all references to parts of the value at `pointer`.
void collect_targets(const boost::json::value& schema, const std::string& pointer,
                     std::set<std::string>& targets) {
    if (const auto* array = schema.if_array())
        for (const auto& element : *array) collect_targets(element, pointer, targets);
    const auto* object = schema.if_object();
    if (!object) return;
    for (const auto& [key, member] : *object) {
        const auto* target = key == "$ref" ? member.if_string() : nullptr;
        if (target && target->starts_with(pointer + '/'))
            targets.emplace(*target);
        else
            collect_targets(member, pointer, targets);
    }
}

void redirect(boost::json::value& schema, std::string_view from, const boost::json::string& to) {
    if (auto* array = schema.if_array())
        for (auto& element : *array) redirect(element, from, to);
    if (auto* object = schema.if_object())
        for (auto& [key, member] : *object) {
            if (key == "$ref" && member.is_string() && member.get_string() == from)
                member = to;
            else
                redirect(member, from, to);
        }
}

/// `/properties/root/items`: `Root`.
std::string part_name(std::string_view pointer) {
    constexpr std::array keywords = {"properties", "items", "additionalProperties", "anyOf"};
    std::string name;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto token = pointer.substr(0, pointer.find('/'));
        if (std::ranges::find(keywords, token) == keywords.end()) name += pascal_case(token);
        pointer.remove_prefix(token.size());
    }
    return name;
}

} // namespace

boost::json::object extract_parts(std::string_view key, boost::json::value& schema) {
    const std::string pointer = "#/components/schemas/" + std::string(key);
    std::set<std::string> found;
    collect_targets(schema, pointer, found);
    std::vector<std::string> targets(found.begin(), found.end());
    std::ranges::stable_sort(targets, std::greater<>(), &std::string::size); // inner ones first
    boost::json::object parts;
    for (const auto& target : targets) {
        const auto path = target.substr(pointer.size());
        boost::system::error_code missing;
        auto* const place = schema.find_pointer(path, missing);
        if (!place) continue; // a host's schema may refer to nothing
        const auto name = std::string(key) + part_name(path);
        const auto reference_to = reference("schemas", name);
        auto part = std::exchange(*place, reference_to);
        const auto& new_target = reference_to.at("$ref").as_string();
        redirect(schema, target, new_target);
        redirect(part, target, new_target);
        for (auto& other : parts) redirect(other.value(), target, new_target);
        parts.emplace(name, std::move(part));
    }
    return parts;
}

bool SchemaBook::has_other(const boost::json::object& schemas) const {
    return std::ranges::any_of(schemas, [&](const auto& entry) {
        const auto* ours = schemas_.if_contains(entry.key());
        return ours && !have_same_text(*ours, entry.value());
    });
}

template <typename EntriesOf>
boost::json::object SchemaBook::add_as(std::string_view name, EntriesOf entries_of) {
    for (int number = 1;; ++number) {
        const std::string key = std::string(name) + (number > 1 ? std::to_string(number) : "");
        const boost::json::object entries = entries_of(key);
        if (has_other(entries)) continue;
        add_missing(schemas_, entries);
        return reference("schemas", key);
    }
}

boost::json::object SchemaBook::add(std::string_view name, const boost::json::object& schema) {
    return add_as(name, [&](const std::string& key) { return boost::json::object{{key, schema}}; });
}

boost::json::object SchemaBook::add_whole(std::string_view name,
                                          const boost::json::object& schema) {
    return add_as(name, [&](const std::string& key) {
        auto placed = placed_at("#/components/schemas/" + key, schema);
        auto entries = extract_parts(key, placed);
        entries.emplace(key, std::move(placed));
        return entries;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
