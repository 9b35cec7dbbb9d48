#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <limits>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Rounded down; 100 if `total` is 0.
inline int percentage(std::uint64_t done, std::uint64_t total) noexcept {
    if (done >= total) return 100;
    const bool exact = done <= std::numeric_limits<std::uint64_t>::max() / 100;
    return static_cast<int>(exact ? done * 100 / total : done / (total / 100 + 1));
}

} // namespace detail

ASYNCJOBS_INLINE void ProgressReporter::report(int percent, std::string_view message) {
    if (attempt_.stop_reason() != detail::StopReason::none) throw Interrupted{};
    attempt_.report(percent, detail::shortened(message, max_message));
    attempt_.look_at_clock();
}

ASYNCJOBS_INLINE void ProgressReporter::report_share(std::uint64_t done, std::uint64_t total,
                                                     std::string_view message) {
    report(detail::percentage(done, total), message);
}

ASYNCJOBS_INLINE void ProgressReporter::check() const {
    attempt_.look_at_clock();
    if (attempt_.stop_reason() != detail::StopReason::none) throw Interrupted{};
}

ASYNCJOBS_INLINE std::stop_token ProgressReporter::stop_token() const noexcept {
    return attempt_.stop_token();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
