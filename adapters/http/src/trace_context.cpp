#include "trace_context.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::http {
namespace {

bool is_lower_hex(std::string_view text) noexcept {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept {
    return is_lower_hex(text) && text.find_first_not_of('0') != text.npos;
}

} // namespace

bool is_traceparent(std::string_view text) noexcept {
    constexpr std::size_t length = 55; // 00-<32>-<16>-00
    if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const auto version = text.substr(0, 2);
    if (!is_lower_hex(version) || version == "ff") return false;
    if (text.size() > length && (version == "00" || text[length] != '-' || text.size() > 256))
        return false;
    return is_id(text.substr(3, 32)) && is_id(text.substr(36, 16)) &&
           is_lower_hex(text.substr(53, 2));
}

std::optional<std::string> trace_of(const Headers& request, Runtime& runtime) {
    const auto* sent = request.find("traceparent");
    if (!sent) return std::nullopt;
    if (request.count("traceparent") == 1 && is_traceparent(*sent)) return *sent;
    return fmt::format("00-{:016x}{:016x}-{:016x}-00", runtime.random(), runtime.random() | 1,
                       runtime.random() | 1);
}

} // namespace asyncjobs::http
