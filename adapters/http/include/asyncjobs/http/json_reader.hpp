#pragma once

#include <asyncjobs/detail/json_document.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Parses a request's document. Throws Problem (400) if it is malformed, has a duplicate key in an
/// object, is not UTF-8, contains U+0000, or is nested deeper than `depth_limit` or
/// JsonText::max_depth.
ASYNCJOBS_HTTP_DECL boost::json::value read_json(std::string_view text, std::size_t depth_limit);

/// Parses the document of a request to a route that takes and returns JSON. Throws Problem for a
/// request that does not accept JSON (406) or sends another media type (415), and as above.
ASYNCJOBS_HTTP_DECL boost::json::value read_json(const Request& request,
                                                 std::size_t depth_limit = 32);

/// A 422 that lists `errors`.
ASYNCJOBS_HTTP_DECL Problem invalid_input(const json::Mismatches& errors);

namespace detail {

/// Likewise, with the text; borrows the request's body.
ASYNCJOBS_HTTP_DECL asyncjobs::detail::JsonDocument read_body(const Request& request,
                                                              std::size_t depth_limit);

ASYNCJOBS_HTTP_DECL json::Mismatches missing_members(const boost::json::value& document,
                                                     const std::vector<std::string>& required);

/// Returns the mismatches of a member's document, with their places in the whole one. `pointer` is
/// that of the member.
ASYNCJOBS_HTTP_DECL json::Mismatches below(std::string_view pointer, json::Mismatches mismatches);

/// Like json::read(); also reports missing top-level members that `required` names.
template <json::Described Document>
json::Mismatches read_members(const boost::json::value& value, Document& out,
                              const std::vector<std::string>& required,
                              json::UnknownMembers unknown_members) {
    auto mismatches = missing_members(value, required);
    for (auto& found : json::read(value, out, unknown_members))
        mismatches.push_back(std::move(found));
    return mismatches;
}

} // namespace detail

/// For a route of the host: reads the document of a request into a described struct. `required`
/// names top-level members that must be present. Throws Problem as read_json() and invalid_input()
/// do.
template <typename Document>
Document read_document(const Request& request, const std::vector<std::string>& required = {},
                       json::UnknownMembers unknown_members = json::UnknownMembers::refuse) {
    static_assert(json::Described<Document>, "describe the struct that a document is read into: "
                                             "BOOST_DESCRIBE_STRUCT(Document, (), (members))");
    const auto value = read_json(request);
    auto document = json::detail::made_empty<Document>();
    if constexpr (json::Described<Document>) {
        const auto errors = detail::read_members(value, document, required, unknown_members);
        if (!errors.empty()) throw invalid_input(errors);
    }
    return document;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
