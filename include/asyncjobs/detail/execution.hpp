#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job_store.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

class StoreAccess;

enum class StopReason { none, cancelled, timed_out, lease_lost, shutdown };

/// One claimed job within this process, from its claim until the store has accepted its settlement.
///
/// Shared by the thread that runs the handler, the lease keeper and the exchange loop.
class Execution {
public:
    /// Without an access there are no steps, no parents and no jobs to submit.
    /// Of a job that was claimed ahead, the start is reported to the store.
    Execution(ClaimedJob job, SteadyTime claimed_at, std::shared_ptr<StoreAccess> access = {},
              bool was_claimed_ahead = false)
        : job_(std::move(job)), claimed_at_(claimed_at), access_(std::move(access)),
          renewed_at_(claimed_at.time_since_epoch()), checked_at_(claimed_at.time_since_epoch()),
          steps_(job_.steps), was_claimed_ahead_(was_claimed_ahead) {}

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

    /// Asks it to stop if its time is over, or its lease, which may be relied on for so long.
    void stop_if_over(SteadyTime now, Duration reliable) {
        if (past_timeout(now) >= Duration::zero()) stop(StopReason::timed_out);
        if (now - renewed_at() >= reliable) stop(StopReason::lease_lost);
    }

    /// As the lease keeper does, for where its timers come late: a host's io_context is blocked.
    void look_at_clock();
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
    void renewed(SteadyTime asked_at) noexcept {
        renewed_at_ = asked_at.time_since_epoch();
        checked(asked_at);
    }

    /// When the store was last asked whether to go on; as above.
    SteadyTime checked_at() const noexcept { return SteadyTime(checked_at_.load()); }
    void checked(SteadyTime asked_at) noexcept { checked_at_ = asked_at.time_since_epoch(); }

    /// By the store's clock, as far as it is known here.
    bool is_past_deadline(SteadyTime now) const noexcept {
        return job_.start_within && now - claimed_at_ >= *job_.start_within;
    }

    std::optional<JsonText> result_of(std::string_view step) {
        const std::lock_guard lock(mutex_);
        const auto found = std::ranges::find(steps_, step, &Step::name);
        return found == steps_.end() ? std::nullopt : std::optional(found->result);
    }
    void add_step(Step step) {
        const std::lock_guard lock(mutex_);
        steps_.push_back(std::move(step));
    }

    void add_follow_up(NewJob job) {
        const std::lock_guard lock(mutex_);
        follow_ups_.push_back(std::move(job));
    }
    std::vector<NewJob> take_follow_ups() {
        const std::lock_guard lock(mutex_);
        return std::exchange(follow_ups_, {});
    }

    /// Throws Error (Errc::conflict) if there is none.
    StoreAccess& access() const {
        if (!access_) throw Error(Errc::conflict, "this handler runs without a store");
        return *access_;
    }

    /// Empty before the handler starts.
    std::optional<SteadyTime> started_at() const noexcept {
        const auto at = started_at_.load();
        return at == Duration::zero() ? std::nullopt : std::optional(SteadyTime(at));
    }
    /// How long ago its time was over; negative if it is not, or has no limit.
    Duration past_timeout(SteadyTime now) const noexcept {
        const Duration timeout = timeout_; // before the start that it counts from
        if (timeout == Duration::zero()) return Duration::min();
        return now.time_since_epoch() - started_at_.load() - timeout;
    }
    /// May be called again, before the handler is, to start with a timeout later.
    void start(SteadyTime now, Duration timeout) noexcept {
        started_at_ = now.time_since_epoch();
        timeout_ = timeout;
    }

    /// Whether it runs and the store does not know it.
    bool has_unreported_start() const noexcept {
        return was_claimed_ahead_ && started_at() && !ran();
    }
    /// Whether it may be what an earlier worker died of.
    bool was_lost_before() const noexcept { return job_.lost_ahead || job_.crashes > 0; }
    /// Whether its handler must not be called before the store knows.
    bool reports_start_first() const noexcept { return was_claimed_ahead_ && was_lost_before(); }
    void start_reported() noexcept { was_claimed_ahead_ = false; }

    /// About what it keeps in memory.
    std::size_t bytes() {
        const auto bytes_of = [](const std::vector<Step>& steps) {
            std::size_t bytes = 0;
            for (const Step& step : steps) bytes += sizeof step + step.result.text().size();
            return bytes;
        };
        const std::lock_guard lock(mutex_);
        return sizeof *this + job_.input.text().size() + job_.metadata.text().size() +
               bytes_of(job_.steps) + bytes_of(steps_);
    }

    /// How long the handler ran; empty until it has ended.
    std::optional<Duration> ran() const noexcept {
        const auto duration = ran_.load();
        return duration < Duration::zero() ? std::nullopt : std::optional(duration);
    }
    void set_ran(Duration duration) noexcept { ran_ = duration; }

    /// Set by a handler that completes its job in a transaction of its own.
    bool completes_itself() const noexcept { return completes_itself_; }
    void set_completes_itself() noexcept { completes_itself_ = true; }

    /// Set when its handler is waited for no more; its slot is another's then.
    bool is_abandoned() const noexcept { return abandoned_; }
    void abandon() noexcept { abandoned_ = true; }

    /// True for the first caller alone: the one whose verdict on the attempt counts.
    bool decide() noexcept { return !decided_.exchange(true); }

private:
    const ClaimedJob job_;
    const SteadyTime claimed_at_;
    const std::shared_ptr<StoreAccess> access_;
    std::stop_source stop_;
    std::atomic<StopReason> stop_reason_ = StopReason::none;
    std::atomic<bool> decided_ = false;
    std::atomic<bool> completes_itself_ = false;
    std::atomic<bool> abandoned_ = false;
    std::atomic<Duration> renewed_at_;
    std::atomic<Duration> checked_at_;
    std::atomic<Duration> started_at_ = Duration::zero();
    std::atomic<Duration> timeout_ = Duration::zero();
    std::atomic<Duration> ran_ = Duration{-1};
    std::mutex mutex_;
    Progress progress_;
    bool unsent_ = false;
    std::vector<Step> steps_;
    std::vector<NewJob> follow_ups_;
    std::atomic<bool> was_claimed_ahead_; ///< and its start is not reported
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
