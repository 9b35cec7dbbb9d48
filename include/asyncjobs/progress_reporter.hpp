#pragma once

#include <asyncjobs/job_store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace asyncjobs {

namespace detail {
class Execution;
}

/// Thrown by ProgressReporter's cancellation points when the handler is to stop. Let it pass; it is
/// no std::exception, so that a `catch (const std::exception&)` does not swallow it.
class Interrupted {};

/// What a handler holds while it runs: it reports through it, and learns through it when to stop.
///
/// Thread-safety  Full: a handler may report from several threads.
/// Ownership      Valid until the handler returns.
class ProgressReporter {
public:
    static constexpr std::size_t max_message = 1000;

    explicit ProgressReporter(detail::Execution& execution) noexcept : execution_(execution) {}
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

    /// Costs well under a microsecond: the latest value wins, and goes to the store a few times a
    /// second at most. Out of range is brought into range, a lower percentage than the last is
    /// raised to it, and a message is cut after max_message bytes, between characters. A
    /// cancellation point: throws Interrupted when the handler is to stop.
    void report(int percent, std::string_view message = {});

    /// `done` of `total`, as a percentage rounded down; 100 where `total` is 0.
    void report(std::uint64_t done, std::uint64_t total, std::string_view message = {});

    /// A cancellation point without a report.
    void check() const;

    /// For waits that shall end early: stop is requested when the job is cancelled or timed out,
    /// its lease is lost, or the executor stops.
    std::stop_token stop_token() const noexcept;

    /// Says that the handler completes its job itself, in a transaction of its own, as
    /// complete() in asyncjobs/soci/host_transaction.hpp does. What it returns counts no more: if
    /// that transaction turns out not to have been committed, the attempt has failed.
    void completes_itself() noexcept;

    /// The job under way: its id, owner, attempt and so on.
    const ClaimedJob& job() const noexcept;

private:
    detail::Execution& execution_;
};

} // namespace asyncjobs

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/progress_reporter.ipp>
#endif
