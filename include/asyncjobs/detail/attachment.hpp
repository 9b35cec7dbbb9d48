#pragma once

#include <asyncjobs/detail/text_rules.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// In UTF-8; see attachment_disposition().
inline std::string rfc8187_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

/// `attachment; filename="..."` with a plain fallback and, where it differs, the exact name
/// encoded after RFC 8187. Path separators and control characters become `_`.
inline std::string attachment_disposition(std::string_view name) {
    std::string exact = storable(name);
    for (char& c : exact)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '\\') c = '_';
    std::string plain;
    for (std::string_view rest = exact; !rest.empty();) {
        const auto length = utf8_sequence(rest);
        const bool keep = length == 1 && rest.front() != '"' && rest.front() != '%';
        plain += keep ? rest.front() : '_';
        rest.remove_prefix(length);
    }
    std::string value = "attachment; filename=\"" + plain + '"';
    if (plain != exact) value += "; filename*=UTF-8''" + rfc8187_encoded(exact);
    return value;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
