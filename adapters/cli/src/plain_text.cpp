#include "plain_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

/// A character of UTF-8. Bytes that are none have no code.
struct Character {
    std::size_t size = 1;
    std::uint32_t code = 0;
    bool is_valid = false;
};

std::size_t length_by(unsigned char lead) noexcept {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

/// Of a text that is not empty.
Character first_character(std::string_view text) noexcept {
    constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = length_by(lead);
    if (length == 0 || length > text.size()) return {};
    std::uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0) != 0x80) return {};
        code = code << 6 | (next & 0x3Fu);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
    return {.size = length, .code = code, .is_valid = true};
}

bool is_in(std::uint32_t code, std::uint32_t first, std::uint32_t last) noexcept {
    return code >= first && code <= last;
}

/// Control characters, and those that reorder or end lines.
bool is_obeyed(std::uint32_t code) noexcept {
    return code < 0x20 || is_in(code, 0x7F, 0x9F) || code == 0x61C || is_in(code, 0x200E, 0x200F) ||
           is_in(code, 0x2028, 0x202E) || is_in(code, 0x2066, 0x2069) || code == 0xFEFF;
}

bool is_combining(std::uint32_t code) noexcept {
    return is_in(code, 0x300, 0x36F) || is_in(code, 0x610, 0x61A) || is_in(code, 0x64B, 0x65F) ||
           is_in(code, 0x200B, 0x200D) || is_in(code, 0x20D0, 0x20FF) ||
           is_in(code, 0xFE00, 0xFE0F);
}

bool is_wide(std::uint32_t code) noexcept {
    return is_in(code, 0x1100, 0x115F) || is_in(code, 0x2E80, 0xA4CF) ||
           is_in(code, 0xAC00, 0xD7A3) || is_in(code, 0xF900, 0xFAFF) ||
           is_in(code, 0xFE30, 0xFE6F) || is_in(code, 0xFF00, 0xFF60) ||
           is_in(code, 0xFFE0, 0xFFE6) || is_in(code, 0x1F300, 0x1FAFF) ||
           is_in(code, 0x20000, 0x3FFFD);
}

std::string escape_of(std::uint32_t code) {
    if (code == '\n') return "\\n";
    if (code == '\t') return "\\t";
    if (code == '\r') return "\\r";
    return fmt::format("\\u{:04x}", code);
}

template <typename Escape>
std::string escaped(std::string_view text, Escape escape) {
    std::string plain;
    while (!text.empty()) {
        const Character next = first_character(text);
        if (!next.is_valid)
            plain += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        else if (is_obeyed(next.code))
            plain += escape(next.code);
        else
            plain += text.substr(0, next.size);
        text.remove_prefix(next.size);
    }
    return plain;
}

std::size_t columns_of(const Character& character) noexcept {
    if (is_combining(character.code)) return 0;
    return is_wide(character.code) ? 2 : 1;
}

} // namespace

std::string plain(std::string_view text) { return escaped(text, escape_of); }

std::string plain_json(std::string_view json) {
    // Outside of strings, JSON has only blanks of these.
    return escaped(json, [](std::uint32_t code) {
        return code < 0x20 ? std::string(1, static_cast<char>(code)) : escape_of(code);
    });
}

std::size_t width_of(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character next = first_character(text);
        width += columns_of(next);
        text.remove_prefix(next.size);
    }
    return width;
}

std::string shortened_to(std::string_view text, std::size_t width) {
    if (width_of(text) <= width) return std::string(text);
    std::size_t used = 1; // of the mark
    std::size_t end = 0;
    while (end < text.size()) {
        const Character next = first_character(text.substr(end));
        if (used + columns_of(next) > width) break;
        used += columns_of(next);
        end += next.size;
    }
    return std::string(text.substr(0, end)) + (width > 0 ? "…" : "");
}

std::string csv_cell(std::string text, bool is_foreign) {
    constexpr std::string_view formulas = "=+-@\t\r";
    if (is_foreign && !text.empty() && formulas.find(text.front()) != formulas.npos)
        text.insert(text.begin(), '\'');
    if (text.find_first_of(",\"\r\n") == text.npos) return text;
    std::string cell = "\"";
    for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
    return cell + '"';
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
