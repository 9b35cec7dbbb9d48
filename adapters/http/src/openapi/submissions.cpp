#include "submissions.hpp"

#include "json_object.hpp"
#include "names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// What is looked at of a host's schema.
struct SchemaShape {
    std::vector<std::string> required = {};
    std::map<std::string, boost::json::value> properties = {};
};
BOOST_DESCRIBE_STRUCT(SchemaShape, (), (required, properties))

namespace {

boost::json::object input(const detail::SubmitRule& rule, SchemaBook& schemas) {
    return schemas.add_whole(pascal_case(rule.job.type) + "Input", input_schema(rule.description));
}

boost::json::object json_body(boost::json::object schema) {
    return {{"required", true},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

} // namespace

boost::json::object input_schema(const detail::SubmitDescription& description) {
    auto schema = object_like<SchemaShape>(description.input_schema, "input_schema");
    if (description.required.empty()) return schema;
    schema.emplace("type", "object");
    schema.emplace("properties", boost::json::object());
    schema.emplace("required", boost::json::array());
    auto& properties = schema.at("properties").as_object();
    auto& required = schema.at("required").as_array();
    for (const auto& name : description.required) {
        if (std::ranges::find(required, boost::json::value(name)) == required.end())
            required.emplace_back(name);
        auto& property = properties.emplace(name, boost::json::object()).first->value();
        if (auto* object = property.if_object()) object->erase("default");
    }
    return schema;
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
                                  SchemaBook& schemas) {
    boost::json::array results;
    bool all_known = true;
    for (const auto* rule : rules) {
        const auto schema = object_of(rule->description.result_schema, "result_schema");
        all_known = all_known && !schema.empty();
        if (schema.empty()) continue;
        const auto result = schemas.add_whole(pascal_case(rule->job.type) + "Result", schema);
        if (std::ranges::find(results, boost::json::value(result)) == results.end())
            results.push_back(result);
    }
    boost::json::object schema{{"description", "what the job has made"}};
    if (results.empty()) return schema;
    if (all_known && results.size() == 1) return results.front().as_object();
    if (!all_known)
        results.emplace_back(boost::json::object{{"description", "of a job of another type"}});
    schema.emplace("anyOf", std::move(results));
    return schema;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
