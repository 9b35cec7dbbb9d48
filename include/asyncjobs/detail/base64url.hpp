#pragma once

#include <asyncjobs/config.hpp>

#include <optional>
#include <string>
#include <string_view>

/// base64url of RFC 7515: without padding.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_DECL std::string encode_base64url(std::string_view bytes);

/// Empty for text that encode_base64url() does not produce, so that each byte sequence has one
/// spelling.
ASYNCJOBS_DECL std::optional<std::string> decode_base64url(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/base64url.ipp>
#endif
