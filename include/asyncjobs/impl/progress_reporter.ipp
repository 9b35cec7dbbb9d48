#pragma once

#include <asyncjobs/detail/execution.hpp>
#include <asyncjobs/progress_reporter.hpp>

namespace asyncjobs {

ASYNCJOBS_INLINE void ProgressReporter::report(int percent, std::string_view message) {
    check();
    execution_.report(percent, message);
}

ASYNCJOBS_INLINE void ProgressReporter::report(std::uint64_t done, std::uint64_t total,
                                               std::string_view message) {
    const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    report(static_cast<int>(std::min(share, 1.0) * 100.0), message);
}

ASYNCJOBS_INLINE void ProgressReporter::check() const {
    if (execution_.stop_reason() != detail::StopReason::none) throw Interrupted{};
}

ASYNCJOBS_INLINE std::stop_token ProgressReporter::stop_token() const noexcept {
    return execution_.stop_token();
}

ASYNCJOBS_INLINE const ClaimedJob& ProgressReporter::job() const noexcept {
    return execution_.job();
}

} // namespace asyncjobs
