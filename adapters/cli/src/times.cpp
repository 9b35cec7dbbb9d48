#include "times.hpp"

#include "exit_code.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

using namespace std::chrono_literals;

std::optional<Duration> read_span(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, Duration>, 5> units = {
        {{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};
    std::uint32_t count = 0;
    const auto end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    for (const auto& [name, length] : units)
        if (unit == name) return count * length;
    return std::nullopt;
}

} // namespace

std::string in_words(Duration span) {
    if (span < 0s) span = 0s;
    if (span < 1s) return fmt::format("{} ms", span / 1ms);
    if (span < 2min) return fmt::format("{} s", span / 1s);
    if (span < 2h) return fmt::format("{} min", span / 1min);
    if (span < 48h) return fmt::format("{} h", span / 1h);
    return fmt::format("{} days", span / 24h);
}

std::string relative(Timestamp time, Timestamp now) {
    const Duration span = now - time;
    if (span >= 1s) return in_words(span) + " ago";
    return span <= -1s ? "in " + in_words(-span) : "now";
}

Duration parse_span(std::string_view option, std::string_view text) {
    if (const auto span = read_span(text)) return *span;
    throw Failure(Exit::usage, fmt::format("{} \"{}\" must be a time as 500ms, 30s, 5m, 2h or 7d",
                                           option, text));
}

Timestamp parse_past(std::string_view option, std::string_view text, Timestamp now) {
    if (const auto time = parse_rfc3339(text)) return *time;
    if (const auto span = read_span(text)) return now - *span;
    throw Failure(Exit::usage, fmt::format("{} \"{}\" must be a time as 2026-01-31T12:00:00Z, or "
                                           "how long ago: 30s, 5m, 2h, 7d",
                                           option, text));
}

std::string seconds_text(Duration span) {
    return fmt::format("{}", std::chrono::duration<double>(span).count());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
