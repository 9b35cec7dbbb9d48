#pragma once

#include <asyncjobs/detail/base64url.hpp>

#include <array>
#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of each character; 64: invalid.
inline constexpr auto base64url_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(64);
    for (std::size_t i = 0; i < base64url_alphabet.size(); ++i)
        values[static_cast<unsigned char>(base64url_alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

ASYNCJOBS_INLINE std::string encode_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t pending = 0;
    unsigned pending_bits = 0;
    for (const char c : bytes) {
        pending = pending << 8 | static_cast<unsigned char>(c);
        pending_bits += 8;
        while (pending_bits >= 6) {
            pending_bits -= 6;
            text += base64url_alphabet[pending >> pending_bits & 63];
        }
        pending &= (1U << pending_bits) - 1;
    }
    if (pending_bits > 0) text += base64url_alphabet[pending << (6 - pending_bits) & 63];
    return text;
}

ASYNCJOBS_INLINE std::optional<std::string> decode_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned pending_bits = 0;
    for (const char c : text) {
        const std::uint32_t value = base64url_values[static_cast<unsigned char>(c)];
        if (value == 64) return std::nullopt;
        pending = pending << 6 | value;
        pending_bits += 6;
        if (pending_bits < 8) continue;
        pending_bits -= 8;
        bytes += static_cast<char>(pending >> pending_bits);
        pending &= (1U << pending_bits) - 1;
    }
    return pending_bits < 6 && pending == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
