#pragma once

#include <asyncjobs/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace detail {
class Attempt;
}

/// Thrown by ProgressReporter's cancellation points when the handler is to stop. Do not catch it;
/// it is no std::exception, so that a `catch (const std::exception&)` does not swallow it.
class ASYNCJOBS_VISIBLE Interrupted {};

/// Reports a handler's progress, and signals when to stop. JobContext has the rest that a handler
/// may need; functions that only report take this.
///
/// Thread-safety  Full: a handler may report from several threads.
/// Ownership      Valid until the handler returns.
class ASYNCJOBS_DECL ProgressReporter {
public:
    static constexpr std::size_t max_message = 1000; ///< bytes

    explicit ProgressReporter(detail::Attempt& attempt) noexcept : attempt_(attempt) {}
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

    /// Reports progress, in well under a microsecond: the latest value wins, and is stored a few
    /// times a second at most. Values out of range are clamped, a percentage below the last one is
    /// raised to it, and a message is truncated to max_message bytes, between characters. A
    /// cancellation point: throws Interrupted when the handler is to stop.
    void report(int percent, std::string_view message = {});

    /// Reports `done` of `total` as a percentage, rounded down; 100 if `total` is 0. Both may be of
    /// any integer type; negative values count as 0.
    template <std::integral Done, std::integral Total>
    void report(Done done, Total total, std::string_view message = {}) {
        report_share(count(done), count(total), message);
    }

    /// A cancellation point without a report. Checks the clock itself, so that it notices the end
    /// of the lease or of the timeout even if no timer runs because a host's io_context is blocked.
    void check() const;

    /// For waits that end early: stop is requested when the job is cancelled or timed out, its
    /// lease is lost, or the executor stops.
    std::stop_token stop_token() const noexcept;

protected:
    /// Returns the attempt, for JobContext.
    detail::Attempt& running() const noexcept { return attempt_; }

private:
    template <std::integral Number>
    static constexpr std::uint64_t count(Number number) noexcept {
        return std::in_range<std::uint64_t>(number) ? static_cast<std::uint64_t>(number) : 0;
    }

    void report_share(std::uint64_t done, std::uint64_t total, std::string_view message);

    detail::Attempt& attempt_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/progress_reporter.ipp>
#endif
