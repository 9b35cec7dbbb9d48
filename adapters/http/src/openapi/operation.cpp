#include "openapi/operation.hpp"

#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"
#include "openapi/names.hpp"
#include "openapi/problems.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The members that this library reads of an Operation Object and of a Parameter Object.
struct OperationShape {
    std::string operationId = {};
    std::vector<std::string> tags = {};
    std::vector<std::map<std::string, boost::json::value>> parameters = {};
    std::map<std::string, boost::json::value> responses = {};
};
BOOST_DESCRIBE_STRUCT(OperationShape, (), (operationId, tags, parameters, responses))
struct ParameterShape {
    std::string in = {};
    std::string name = {};
};
BOOST_DESCRIBE_STRUCT(ParameterShape, (), (in, name))

namespace {

using boost::json::array;
using boost::json::object;

std::string summary(const Route& route, std::string_view path) {
    if (route.submission) return "Submit a job of type " + route.submission->job.type;
    return route.method + ' ' + std::string(path);
}

std::set<std::string> names_in(std::string_view path) {
    std::set<std::string> names;
    for (auto open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) {
        const auto close = std::min(path.find('}', open), path.size());
        names.emplace(path.substr(open + 1, close - open - 1));
    }
    return names;
}

/// The Parameter Object itself, or the one that a reference names; nullptr if it is not among
/// `components`.
const object* resolved(const object& parameter, const object& components) {
    const auto* target = parameter.if_contains("$ref");
    if (!target || !target->is_string()) return &parameter;
    const auto& text = target->get_string();
    const auto* found = components.if_contains(text.subview(text.rfind('/') + 1));
    return found ? &found->as_object() : nullptr;
}

/// Adds the path's parameters that `operation` does not describe.
void add_path_parameters(object& operation, std::string_view path, const object& components) {
    auto missing = names_in(path);
    if (missing.empty()) return;
    auto& parameters = operation.emplace("parameters", array()).first->value().as_array();
    for (const auto& given : parameters)
        if (const auto* parameter = resolved(given.as_object(), components)) {
            ParameterShape shape;
            json::read(*parameter, shape);
            if (shape.in == "path") missing.erase(shape.name);
        }
    for (const auto& name : missing)
        parameters.push_back(
            {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
}

void add_submission_parameters(object& operation) {
    auto& parameters = operation.emplace("parameters", array()).first->value().as_array();
    const auto ours = boost::json::parse(submission_parameters);
    parameters.insert(parameters.end(), ours.get_array().begin(), ours.get_array().end());
}

void add_callback_parameter(object& operation) {
    auto& parameters = operation.emplace("parameters", array()).first->value().as_array();
    parameters.push_back(reference("parameters", "CallbackUrl"));
}

void add_responses(object& operation, const Mounting& mounting) {
    auto& responses = operation.emplace("responses", object()).first->value().as_object();
    if (mounting.request_body) add_missing(responses, parse_object(submission_responses));
    if (mounting.may_conflict) responses.emplace("409", reference("responses", "SubmitConflict"));
    if (mounting.takes_callback) responses.emplace("422", reference("responses", "InvalidInput"));
    if (responses.empty()) responses.emplace("2XX", object{{"description", "Success"}});
    add_missing(responses, common_problems(mounting.authenticated, mounting.may_forbid));
}

} // namespace

object read_operation(const JsonText& text) {
    return object_like<OperationShape>(text, "operation");
}

object make_operation(const Route& route, Mounting mounting, const object& parameters) {
    object operation = route.operation;
    const auto verb = route.submission ? "submit" : verb_of(route.method);
    operation.emplace("operationId", operation_id(verb, mounting.path));
    operation.emplace("summary", summary(route, mounting.path));
    operation.emplace("tags", array{first_segment(mounting.path)});
    if (!mounting.authenticated) operation.emplace("security", array());
    add_path_parameters(operation, mounting.path, parameters);
    if (mounting.request_body) add_submission_parameters(operation);
    if (mounting.takes_callback) add_callback_parameter(operation);
    add_responses(operation, mounting);
    if (mounting.request_body) operation.emplace("requestBody", *std::move(mounting.request_body));
    return operation;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
