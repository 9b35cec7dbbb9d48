#pragma once

#include <asyncjobs/store/count.hpp>
#include <asyncjobs/time.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Parts of sentences for operators.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A length of time in its usual unit, rounded up to seconds: `12 min`.
inline std::string in_words(Duration left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    constexpr std::int64_t a_minute = 60, an_hour = 3600, a_day = 86'400;
    if (seconds < 2 * a_minute) return fmt::format("{} s", seconds);
    if (seconds < 2 * an_hour) return fmt::format("{} min", seconds / a_minute);
    if (seconds < 2 * a_day) return fmt::format("{} h", seconds / an_hour);
    return fmt::format("{} days", seconds / a_day);
}

/// `no job waits`, `1 job waits`, `2 jobs wait`: `one` and `many` are the verbs.
inline std::string jobs_that(const Count& count, std::string_view one, std::string_view many) {
    if (count == Count{}) return fmt::format("no job {}", one);
    if (count == Count{.value = 1}) return fmt::format("1 job {}", one);
    return fmt::format("{} jobs {}", to_string(count), many);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
