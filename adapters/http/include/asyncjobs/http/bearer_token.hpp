#pragma once

#include <asyncjobs/http/message.hpp>

#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether `text` can be sent as a bearer token (RFC 6750): letters, digits, `-._~+/`, then `=`.
ASYNCJOBS_HTTP_DECL bool is_bearer_token(std::string_view text) noexcept;

/// The token of `Authorization: Bearer TOKEN`; empty if the field is absent, repeated or has
/// another form. Valid as long as the request.
ASYNCJOBS_HTTP_DECL std::optional<std::string_view> bearer_token(const Request& request) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
