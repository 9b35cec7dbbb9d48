#pragma once

#include <asyncjobs/config.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Decodes base64url as RFC 7515 has it: no padding, nothing but its alphabet, and no bits beyond
/// the last byte, so that each sequence of bytes has one spelling.
std::optional<std::string> decode_base64url(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
