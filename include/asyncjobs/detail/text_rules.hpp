#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The length of the well-formed UTF-8 sequence at the front of `text`; 0 if none.
inline std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto in = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    if (text.empty()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

/// Makes text that every store keeps byte for byte: valid UTF-8 without NUL. Everything else
/// becomes U+FFFD.
inline std::string storable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        if (length == 0 || text.front() == '\0') {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

/// At most `limit` bytes of `text`, cut between characters if it is well-formed.
inline std::string_view shortened(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text;
    const auto continues = [&](std::size_t i) {
        return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    };
    auto end = limit;
    while (end > 0 && limit - end < 4 && continues(end)) --end;
    return text.substr(0, end);
}

/// Makes text for a log line or a message: storable, with control characters as `?`.
inline std::string printable(std::string_view text) {
    std::string out = storable(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return out;
}

/// The rule for types and queues.
inline bool is_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > 100) return false;
    for (const char c : text) {
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && std::string_view("._:/-").find(c) == std::string_view::npos)
            return false;
    }
    return true;
}

/// Whether jobs of this type are the library's own, such as webhook deliveries.
inline bool is_library_type(std::string_view type) noexcept {
    return type.starts_with("asyncjobs.");
}

/// The rule for owners and unique keys.
inline bool is_label(std::string_view text) noexcept {
    if (text.size() > 255) return false;
    while (!text.empty()) {
        const auto length = utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0 || first < 0x20 || first == 0x7F) return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
