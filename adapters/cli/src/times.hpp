#pragma once

#include <asyncjobs/time.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// `250 ms`, `45 s`, `3 min`, `5 h`, `12 days`; at least 0.
std::string in_words(Duration span);

/// `3 min ago`, `in 5 s`, `now`.
std::string relative(Timestamp time, Timestamp now);

/// Reads `500ms`, `30s`, `5m`, `2h` or `7d`. Throws Failure (Exit::usage) that names the option.
Duration parse_span(std::string_view option, std::string_view text);

/// Reads a time in RFC 3339, or a span before `now`. Throws as parse_span().
Timestamp parse_past(std::string_view option, std::string_view text, Timestamp now);

/// Seconds, for JSON: `1.5`.
std::string seconds_text(Duration span);

/// The span of a number of seconds.
inline Duration span_of(double seconds) noexcept {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
