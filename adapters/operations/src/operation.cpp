#include "operation.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

using boost::json::array;
using boost::json::object;

object json_content(const JsonText& schema) {
    return {{"application/json", object{{"schema", json::to_value(schema)}}}};
}

object reference(std::string_view component) {
    return {{"$ref", "#/components/responses/" + std::string(component)}};
}

array parameters_of(const OperationDescription& description) {
    array parameters;
    for (const Parameter& parameter : description.parameters)
        parameters.push_back(object{{"name", parameter.name},
                                    {"in", parameter.in},
                                    {"required", parameter.in == "path"},
                                    {"description", parameter.description},
                                    {"schema", object{{"type", "string"}}}});
    return parameters;
}

} // namespace

JsonText operation(const OperationDescription& description) {
    const JsonText none;
    object responses;
    if (description.response == none)
        responses["204"] = object{{"description", "Done"}};
    else
        responses[description.status] = object{{"description", description.summary},
                                               {"content", json_content(description.response)}};
    responses["403"] = reference("Forbidden");
    object operation{{"operationId", description.id},
                     {"summary", description.summary},
                     {"tags", array{"operator"}},
                     {"responses", std::move(responses)}};
    if (!description.parameters.empty()) operation["parameters"] = parameters_of(description);
    if (description.request != none)
        operation["requestBody"] =
            object{{"required", true}, {"content", json_content(description.request)}};
    return JsonText::parse(boost::json::serialize(operation));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
