#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job_store.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace asyncjobs::detail {

enum class StopReason { none, cancelled, timed_out, lease_lost, shutdown };

/// One claimed job within this process, from its claim until the store has accepted its settlement.
///
/// Shared by the thread that runs the handler, the lease keeper and the exchange loop.
class Execution {
public:
    Execution(ClaimedJob job, SteadyTime claimed_at)
        : job_(std::move(job)), renewed_at_(claimed_at.time_since_epoch()) {}

    const ClaimedJob& job() const noexcept { return job_; }
    const LeaseRef& lease() const noexcept { return job_.lease; }

    /// The first reason counts. False if there was one already.
    bool stop(StopReason reason) {
        auto none = StopReason::none;
        if (!stop_reason_.compare_exchange_strong(none, reason)) return false;
        stop_.request_stop();
        return true;
    }
    StopReason stop_reason() const noexcept { return stop_reason_; }
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }

    void report(int percent, std::string_view message) {
        const std::lock_guard lock(mutex_);
        percent = std::clamp(percent, progress_.percent, 100);
        if (percent == progress_.percent && message == progress_.message) return;
        progress_.percent = percent;
        if (message != progress_.message) progress_.message = storable(message);
        unsent_ = true;
    }

    bool has_unsent() {
        const std::lock_guard lock(mutex_);
        return unsent_;
    }

    /// What was reported since the last call; empty if nothing was.
    std::optional<Progress> take_unsent() {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(unsent_, false)) return std::nullopt;
        return progress_;
    }

    /// Takes back a take_unsent() whose sending failed.
    void mark_unsent() {
        const std::lock_guard lock(mutex_);
        unsent_ = true;
    }

    /// When the last successful claim or renewal was asked for, by this process's clock.
    SteadyTime renewed_at() const noexcept { return SteadyTime(renewed_at_.load()); }
    void renewed(SteadyTime asked_at) noexcept { renewed_at_ = asked_at.time_since_epoch(); }

    /// Empty before the handler starts.
    std::optional<SteadyTime> started_at() const noexcept {
        const auto at = started_at_.load();
        return at == Duration::zero() ? std::nullopt : std::optional(SteadyTime(at));
    }
    Duration timeout() const noexcept { return timeout_.load(); }
    void start(SteadyTime now, Duration timeout) noexcept {
        timeout_ = timeout;
        started_at_ = now.time_since_epoch();
    }

    /// Set by a handler that completes its job in a transaction of its own.
    bool completes_itself() const noexcept { return completes_itself_; }
    void set_completes_itself() noexcept { completes_itself_ = true; }

    /// True for the first caller alone: the one whose verdict on the attempt counts.
    bool decide() noexcept { return !decided_.exchange(true); }

private:
    const ClaimedJob job_;
    std::stop_source stop_;
    std::atomic<StopReason> stop_reason_ = StopReason::none;
    std::atomic<bool> decided_ = false;
    std::atomic<bool> completes_itself_ = false;
    std::atomic<Duration> renewed_at_;
    std::atomic<Duration> started_at_ = Duration::zero();
    std::atomic<Duration> timeout_ = Duration::zero();
    std::mutex mutex_;
    Progress progress_;
    bool unsent_ = false;
};

} // namespace asyncjobs::detail
