#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/store/job_store.hpp>

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

class HandlerStore;

enum class StopReason { none, cancelled, timed_out, lease_lost, shutdown };

/// One claimed job within this process, from its claim until the store has accepted its settlement.
///
/// Shared by the thread that runs the handler, the lease keeper and the exchange loop.
class Attempt {
public:
    /// Without an access there are no steps, no parents and no follow-ups. The start of a job that
    /// was claimed ahead is reported to the store.
    Attempt(ClaimedJob job, SteadyTime claimed_at, std::shared_ptr<HandlerStore> access = {},
            bool was_claimed_ahead = false)
        : job_(std::move(job)), claimed_at_(claimed_at), access_(std::move(access)),
          renewed_at_(claimed_at.time_since_epoch()), checked_at_(claimed_at.time_since_epoch()),
          steps_(job_.steps), was_claimed_ahead_(was_claimed_ahead) {}

    const ClaimedJob& job() const noexcept { return job_; }
    const LeaseRef& lease() const noexcept { return job_.lease; }

    /// The first reason counts. False if one was set already.
    bool stop(StopReason reason) {
        auto none = StopReason::none;
        if (!stop_reason_.compare_exchange_strong(none, reason)) return false;
        stop_.request_stop();
        return true;
    }
    StopReason stop_reason() const noexcept { return stop_reason_; }

    /// Requests a stop if the timeout has passed, or the lease is older than `reliable`.
    void stop_if_over(SteadyTime now, Duration reliable) {
        if (past_timeout(now) >= Duration::zero()) stop(StopReason::timed_out);
        if (now - renewed_at() >= reliable) stop(StopReason::lease_lost);
    }

    /// Checks the clock as the lease keeper does: for timers that are late, as on a blocked
    /// io_context.
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

    /// Undoes a take_unsent() that could not be sent.
    void mark_unsent() {
        const std::lock_guard lock(mutex_);
        unsent_ = true;
    }

    /// When the last successful claim or renewal began, by this process's clock.
    SteadyTime renewed_at() const noexcept { return SteadyTime(renewed_at_.load()); }
    void renewed(SteadyTime asked_at) noexcept {
        renewed_at_ = asked_at.time_since_epoch();
        checked(asked_at);
    }

    /// When the store last confirmed that the job continues; as above.
    SteadyTime checked_at() const noexcept { return SteadyTime(checked_at_.load()); }
    void checked(SteadyTime asked_at) noexcept { checked_at_ = asked_at.time_since_epoch(); }

    /// From when the attempt became due; as below.
    Duration waited(SteadyTime now) const noexcept { return job_.waited + (now - claimed_at_); }
    /// By the store's clock, as far as this process can determine it.
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

    /// Throws Error (Errc::conflict) without an access.
    HandlerStore& access() const {
        if (!access_) throw Error(Errc::conflict, "this handler runs without a store");
        return *access_;
    }

    /// Empty before the handler starts.
    std::optional<SteadyTime> started_at() const noexcept {
        const auto at = started_at_.load();
        return at == Duration::zero() ? std::nullopt : std::optional(SteadyTime(at));
    }
    /// How long ago the timeout passed; negative if it has not, or none is set.
    Duration past_timeout(SteadyTime now) const noexcept {
        const Duration timeout = timeout_; // before the start that it counts from
        if (timeout == Duration::zero()) return Duration::min();
        return now.time_since_epoch() - started_at_.load() - timeout;
    }
    /// May be called again before the handler, to let the timeout start later.
    void start(SteadyTime now, Duration timeout) noexcept {
        started_at_ = now.time_since_epoch();
        timeout_ = timeout;
    }

    /// Whether it runs without the store having recorded its start.
    bool has_unreported_start() const noexcept {
        return was_claimed_ahead_ && started_at() && !ran();
    }
    /// Whether an earlier worker may have crashed on it.
    bool was_lost_before() const noexcept { return job_.lost_ahead || job_.crashes > 0; }
    /// Whether its start must be recorded before its handler is called.
    bool reports_start_first() const noexcept { return was_claimed_ahead_ && was_lost_before(); }
    void start_reported() noexcept { was_claimed_ahead_ = false; }

    /// Approximate memory that it keeps.
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

    /// Set by a handler that completes its job in its own transaction.
    bool is_completed_externally() const noexcept { return is_completed_externally_; }
    void mark_completed_externally() noexcept { is_completed_externally_ = true; }

    /// Set when its handler is given up; its slot is then free.
    bool is_abandoned() const noexcept { return abandoned_; }
    void abandon() noexcept { abandoned_ = true; }

    /// True for the first caller only: the one whose outcome of the attempt counts.
    bool decide() noexcept { return !decided_.exchange(true); }

private:
    const ClaimedJob job_;
    const SteadyTime claimed_at_;
    const std::shared_ptr<HandlerStore> access_;
    std::stop_source stop_;
    std::atomic<StopReason> stop_reason_ = StopReason::none;
    std::atomic<bool> decided_ = false;
    std::atomic<bool> is_completed_externally_ = false;
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

using Attempts = std::vector<std::shared_ptr<Attempt>>;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
