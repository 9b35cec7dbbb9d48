#pragma once

#include <asyncjobs/config.hpp>

#include <optional>
#include <string>
#include <string_view>

/// base64url as RFC 7515 has it: no padding.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_DECL std::string encode_base64url(std::string_view bytes);

/// Empty for anything that encode_base64url() does not make, so that each sequence of bytes has one
/// spelling.
ASYNCJOBS_DECL std::optional<std::string> decode_base64url(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/base64url.ipp>
#endif
