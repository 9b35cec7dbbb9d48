#pragma once

#include <asyncjobs/json_schema.hpp>
#include <asyncjobs/json_text.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// A parameter of a target.
struct Parameter {
    std::string_view name = {};
    std::string_view description = {};
    std::string_view in = "query";
};

/// What `/openapi.json` states of a route.
struct OperationDescription {
    std::string_view id = {};
    std::string_view summary = {};
    JsonText response = {}; ///< a schema; null: 204, without a body
    JsonText request = {};  ///< likewise; null: no body
    std::vector<Parameter> parameters = {};
    std::string_view status = "200"; ///< of a response with a body
    std::vector<std::string_view> content_types = {"application/json"}; ///< likewise
    /// When the response is 204 instead; empty: never.
    std::string_view no_content = {};
};

/// Returns an OpenAPI Operation Object.
JsonText operation(const OperationDescription& description);

/// The schema of a document in responses.
template <typename Document>
JsonText schema() {
    return json::schema_of_serialized<Document>();
}
/// The schema of a document in requests.
template <typename Document>
JsonText request_schema() {
    return json::schema_of<Document>(json::UnknownMembers::refuse);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
