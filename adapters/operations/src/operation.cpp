#include "operation.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

using boost::json::array;
using boost::json::object;

object reference(std::string_view component) {
    return {{"$ref", "#/components/responses/" + std::string(component)}};
}

object content(const std::vector<std::string_view>& types, const JsonText& schema) {
    object media;
    for (const std::string_view type : types)
        media[type] = object{{"schema", json::to_value(schema)}};
    return media;
}

object responses_of(const OperationDescription& description) {
    object responses;
    std::string_view no_content = description.no_content;
    if (description.response == JsonText())
        no_content = "Done";
    else
        responses[description.status] =
            object{{"description", description.summary},
                   {"content", content(description.content_types, description.response)}};
    if (!no_content.empty()) responses["204"] = object{{"description", no_content}};
    responses["403"] = reference("Forbidden");
    return responses;
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
    object operation{{"operationId", description.id},
                     {"summary", description.summary},
                     {"tags", array{"operator"}},
                     {"responses", responses_of(description)}};
    if (!description.parameters.empty()) operation["parameters"] = parameters_of(description);
    if (description.request != JsonText())
        operation["requestBody"] = object{
            {"required", true}, {"content", content({"application/json"}, description.request)}};
    return JsonText::parse(boost::json::serialize(operation));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
