#include "jwt.hpp"

#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/detail/json_document.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/http/headers.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

bool is_accepted_type(std::string_view type) noexcept {
    constexpr std::string_view prefix = "application/";
    if (http::equals_ignoring_case(type.substr(0, prefix.size()), prefix))
        type.remove_prefix(prefix.size());
    return http::equals_ignoring_case(type, "JWT") || http::equals_ignoring_case(type, "at+jwt");
}

/// An absent member is an empty text; returns nothing for an empty string or another type.
std::optional<std::string> header_member(const boost::json::object& header, std::string_view name) {
    const auto* const value = header.if_contains(name);
    if (!value) return std::string();
    if (!value->is_string() || value->get_string().empty()) return std::nullopt;
    return std::string(value->get_string());
}

} // namespace

std::optional<boost::json::object> read_object(std::string_view base64url) {
    constexpr std::size_t depth_limit = 16;
    const auto text = asyncjobs::detail::decode_base64url(base64url);
    if (!text) return std::nullopt;
    try {
        auto value = asyncjobs::detail::JsonDocument::parse(*text, depth_limit).tree();
        if (value.is_object()) return std::move(value.get_object());
    } catch (const Error&) {
    }
    return std::nullopt;
}

std::optional<Jwt> split_jwt(std::string_view token) {
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == token.npos || token.find('.', first + 1) != last) return std::nullopt;
    auto signature = asyncjobs::detail::decode_base64url(token.substr(last + 1));
    const auto header = read_object(token.substr(0, first));
    if (!signature || !header || header->contains("crit")) return std::nullopt;
    auto algorithm = header_member(*header, "alg"), kid = header_member(*header, "kid");
    const auto type = header_member(*header, "typ");
    if (!algorithm || !kid || !type || (!type->empty() && !is_accepted_type(*type)))
        return std::nullopt;
    return Jwt{.algorithm = *std::move(algorithm),
               .kid = *std::move(kid),
               .signed_text = token.substr(0, last),
               .claims = token.substr(first + 1, last - first - 1),
               .signature = *std::move(signature)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
