#include <asyncjobs/http/json_reader.hpp>

#include "message/negotiation.hpp"

#include <asyncjobs/error.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

using asyncjobs::detail::JsonDocument;

namespace {

JsonDocument parse(std::string_view text, std::size_t depth_limit) {
    try {
        return JsonDocument::parse(text, depth_limit);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_payload) throw;
        throw Problem(400, "invalid_json", error.message());
    }
}

} // namespace

boost::json::value read_json(std::string_view text, std::size_t depth_limit) {
    return parse(text, depth_limit).tree();
}

boost::json::value read_json(const Request& request, std::size_t depth_limit) {
    return detail::read_body(request, depth_limit).tree();
}

JsonDocument detail::read_body(const Request& request, std::size_t depth_limit) {
    check_accepts_json(request.headers);
    if (!is_json(request.headers))
        throw Problem(415, "unsupported_media_type", "the body must be application/json")
            .with_header("Accept", "application/json");
    if (is_encoded(request.headers))
        throw Problem(415, "unsupported_encoding", "the body must not be encoded")
            .with_header("Accept-Encoding", "identity");
    return parse(request.body, depth_limit);
}

Problem invalid_input(const json::Mismatches& errors) {
    const bool has_more = errors.size() > json::most_mismatches;
    return Problem(422, "invalid_input",
                   has_more ? "the document breaks rules; errors lists the first of them"
                            : "the document breaks rules; see errors")
        .with_errors(errors);
}

json::Mismatches detail::below(std::string_view pointer, json::Mismatches mismatches) {
    for (auto& mismatch : mismatches) mismatch.pointer.insert(0, pointer);
    return mismatches;
}

json::Mismatches detail::missing_members(const boost::json::value& document,
                                         const std::vector<std::string>& required) {
    json::Mismatches missing;
    const auto* object = document.if_object();
    if (!object) return missing;
    for (const auto& name : required) {
        if (object->contains(name)) continue;
        missing.push_back({"", "is required"});
        json::detail::append_token(missing.back().pointer, name);
    }
    return missing;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
