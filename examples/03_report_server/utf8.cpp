#include "utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace report_server {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// The bytes 0x80 to 0x9F of Windows-1252; zero where it has none.
constexpr std::array<char32_t, 32> windows_1252_specials{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

bool is_well_formed(char32_t code_point, std::size_t length) {
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
    return code_point >= smallest[length] && code_point <= 0x10FFFF && !is_surrogate;
}

bool is_control(char32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0xFFFE ||
           code_point == 0xFFFF;
}

} // namespace

char32_t take_code_point(std::string_view& text) {
    const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char lead = byte(0);
    const std::size_t length = sequence_length(lead);
    char32_t code_point = length == 1 ? lead : lead & (0x7Fu >> length);
    bool is_valid = length != 0 && length <= text.size();
    for (std::size_t index = 1; is_valid && index < length; ++index) {
        is_valid = (byte(index) & 0xC0u) == 0x80u;
        code_point = (code_point << 6u) | (byte(index) & 0x3Fu);
    }
    is_valid = is_valid && is_well_formed(code_point, length);
    text.remove_prefix(is_valid ? length : 1);
    return is_valid ? code_point : replacement;
}

std::string to_printable_utf8(std::string_view text) {
    std::string printable;
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t code_point = take_code_point(text);
        if (code_point == replacement || is_control(code_point))
            printable += "\xEF\xBF\xBD";
        else
            printable += before.substr(0, before.size() - text.size());
    }
    return printable;
}

std::string to_windows_1252(std::string_view text) {
    std::string converted;
    while (!text.empty()) {
        const char32_t code_point = take_code_point(text);
        const auto special =
            std::find(windows_1252_specials.begin(), windows_1252_specials.end(), code_point);
        if (code_point >= 0x80 && special != windows_1252_specials.end())
            converted += static_cast<char>(0x80 + (special - windows_1252_specials.begin()));
        else if (is_control(code_point) || code_point > 0xFF)
            converted += '?';
        else
            converted += static_cast<char>(code_point);
    }
    return converted;
}

} // namespace report_server
