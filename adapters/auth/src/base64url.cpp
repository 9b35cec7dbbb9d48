#include "base64url.hpp"

#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

std::optional<std::string> decode_base64url(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned pending_bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) return std::nullopt;
        pending = pending << 6 | static_cast<std::uint32_t>(value);
        pending_bits += 6;
        if (pending_bits < 8) continue;
        pending_bits -= 8;
        bytes += static_cast<char>(pending >> pending_bits);
        pending &= (1U << pending_bits) - 1;
    }
    return pending_bits < 6 && pending == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
