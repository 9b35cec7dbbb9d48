#include "openapi/submissions.hpp"

#include "openapi/json_object.hpp"
#include "openapi/names.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The members that this library reads of a host's schema.
struct SchemaShape {
    std::vector<std::string> required = {};
    std::map<std::string, boost::json::value> properties = {};
};
BOOST_DESCRIBE_STRUCT(SchemaShape, (), (required, properties))

namespace {

boost::json::object input(const detail::SubmitRule& rule, SchemaBook& schemas) {
    return schemas.add_whole(pascal_case(rule.job.type) + "Input", input_schema(rule.description));
}

void describe_default(boost::json::object& schema) {
    const auto found = schema.find("default");
    if (found == schema.end()) return;
    auto text = "if absent: " + boost::json::serialize(found->value());
    schema.erase(found);
    if (const auto* before = schema.if_contains("description"); before && before->is_string())
        text.insert(0, std::string(before->get_string()) + "; ");
    schema["description"] = text;
}

/// Moves every keyword `default` into its schema's description.
void describe_defaults(boost::json::value& schema) {
    constexpr std::array of_one = {"items",         "additionalProperties", "contains", "not",
                                   "propertyNames", "unevaluatedItems",     "if",       "then",
                                   "else",          "unevaluatedProperties"};
    constexpr std::array of_several = {"allOf", "anyOf", "oneOf", "prefixItems"};
    constexpr std::array of_named = {"properties", "patternProperties", "dependentSchemas", "$defs",
                                     "definitions"};
    auto* const object = schema.if_object();
    if (!object) return;
    describe_default(*object);
    for (const auto* keyword : of_one)
        if (auto* inner = object->if_contains(keyword)) describe_defaults(*inner);
    for (const auto* keyword : of_several)
        if (auto* inner = object->if_contains(keyword); inner && inner->is_array())
            for (auto& one : inner->get_array()) describe_defaults(one);
    for (const auto* keyword : of_named)
        if (auto* inner = object->if_contains(keyword); inner && inner->is_object())
            for (auto& one : inner->get_object()) describe_defaults(one.value());
}

void require_members(boost::json::object& schema, const std::vector<std::string>& required_names) {
    if (required_names.empty()) return;
    schema.emplace("type", "object");
    schema.emplace("properties", boost::json::object());
    schema.emplace("required", boost::json::array());
    auto& properties = schema.at("properties").as_object();
    auto& required = schema.at("required").as_array();
    for (const auto& name : required_names) {
        if (std::ranges::find(required, boost::json::value(name)) == required.end())
            required.emplace_back(name);
        auto& property = properties.emplace(name, boost::json::object()).first->value();
        if (auto* object = property.if_object()) object->erase("default");
    }
}

/// Removes the members that the host sets.
void hide_members(boost::json::object& schema, const detail::SubmitDescription& description) {
    auto* const properties = schema.if_contains("properties");
    for (const auto& name : description.set_by_host) {
        const bool is_required =
            std::ranges::find(description.required, name) != description.required.end();
        if (is_required || !properties || properties->as_object().erase(name) == 0)
            asyncjobs::detail::refuse("set_by_host", name,
                                      "must be members of the input that are not required");
    }
}

boost::json::object json_body(boost::json::object schema) {
    return {{"required", true},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

} // namespace

boost::json::object input_schema(const detail::SubmitDescription& description) {
    auto schema = object_like<SchemaShape>(description.input_schema, "input_schema");
    require_members(schema, description.required);
    hide_members(schema, description);
    boost::json::value described = std::move(schema);
    describe_defaults(described);
    return std::move(described.get_object());
}

boost::json::object request_body(const detail::SubmitRule& rule, SchemaBook& schemas) {
    return json_body(input(rule, schemas));
}

boost::json::object request_body(const GenericTypes& types, SchemaBook& schemas) {
    boost::json::array alternatives;
    boost::json::object mapping;
    for (const auto& [type, rule] : types) {
        auto alternative = schemas.add(
            pascal_case(type) + "Submission",
            {{"type", "object"},
             {"required", {"type", "input"}},
             {"properties",
              {{"type", {{"type", "string"}, {"const", type}}}, {"input", input(rule, schemas)}}},
             {"additionalProperties", false}});
        mapping.emplace(type, alternative.at("$ref"));
        alternatives.push_back(std::move(alternative));
    }
    return json_body(
        {{"oneOf", std::move(alternatives)},
         {"discriminator", {{"propertyName", "type"}, {"mapping", std::move(mapping)}}}});
}

boost::json::object result_schema(const std::vector<const detail::SubmitRule*>& rules,
                                  SchemaBook& schemas, boost::json::array others) {
    boost::json::array results;
    bool all_known = !rules.empty();
    for (const auto* rule : rules) {
        const auto schema = object_of(rule->description.result_schema, "result_schema");
        all_known = all_known && !schema.empty();
        if (schema.empty()) continue;
        const auto result = schemas.add_whole(pascal_case(rule->job.type) + "Result", schema);
        if (std::ranges::none_of(results, [&](const boost::json::value& known) {
                return have_same_text(known, result);
            }))
            results.push_back(result);
    }
    results.insert(results.end(), others.begin(), others.end());
    boost::json::object schema{{"description", "result of the job"}};
    if (results.empty()) return schema;
    if (all_known && results.size() == 1) return results.front().as_object();
    if (!all_known)
        results.emplace_back(
            boost::json::object{{"description", "result of a job of another type"}});
    schema.emplace("anyOf", std::move(results));
    return schema;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
