#include <asyncjobs/http/bearer_token.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

bool is_bearer_token(std::string_view text) noexcept {
    constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789-._~+/";
    const auto padding = text.find_first_not_of(characters);
    return padding != 0 && !text.empty() &&
           (padding == text.npos || text.find_first_not_of('=', padding) == text.npos);
}

std::optional<std::string_view> bearer_token(const Request& request) noexcept {
    constexpr std::string_view scheme = "Bearer ";
    constexpr std::string_view authorization = "Authorization";
    if (request.headers.count(authorization) != 1) return std::nullopt;
    std::string_view token = *request.headers.find(authorization);
    if (!equals_ignoring_case(token.substr(0, scheme.size()), scheme)) return std::nullopt;
    token.remove_prefix(scheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    return is_bearer_token(token) ? std::optional(token) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
