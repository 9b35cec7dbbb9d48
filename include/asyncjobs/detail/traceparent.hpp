#pragma once

#include <asyncjobs/config.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Whether `text` is a `traceparent` of W3C Trace Context, of this or a later version.
inline bool is_traceparent(std::string_view text) noexcept {
    constexpr std::size_t length = 55; // 00-<32>-<16>-00
    constexpr std::size_t most = 256;
    const auto is_hex = [](std::string_view part) {
        return std::ranges::all_of(
            part, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    };
    const auto is_id = [&](std::string_view part) {
        return is_hex(part) && part.find_first_not_of('0') != part.npos;
    };
    if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const auto version = text.substr(0, 2);
    if (!is_hex(version) || version == "ff") return false;
    if (!is_id(text.substr(3, 32)) || !is_id(text.substr(36, 16)) || !is_hex(text.substr(53, 2)))
        return false;
    const auto rest = text.substr(length);
    return rest.empty() || (version != "00" && rest.front() == '-' && text.size() <= most &&
                            std::ranges::all_of(rest, [](char c) { return c > ' ' && c < 0x7F; }));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
