#pragma once

#include "crypto.hpp"

#include <asyncjobs/config.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Bytes as text. The decoders accept only what the encoders produce, so that each byte sequence
/// has one text. base64url is the core's (asyncjobs/detail/base64url.hpp), which has no OpenSSL.
namespace asyncjobs::inline ASYNCJOBS_ABI::support {

/// A text's bytes in OpenSSL's type.
inline const unsigned char* octets(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

template <std::size_t size>
std::string_view bytes_of(const std::array<unsigned char, size>& octets) noexcept {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// Hexadecimal digits in lower case.
std::string to_hex(std::string_view bytes);
inline std::string to_hex(const Digest& digest) { return to_hex(bytes_of(digest)); }

std::optional<std::string> from_hex(std::string_view text);

/// With padding, as in RFC 4648.
std::string to_base64(std::string_view bytes);

std::optional<std::string> from_base64(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
