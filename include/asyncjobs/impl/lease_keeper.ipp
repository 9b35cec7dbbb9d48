#pragma once

#include <asyncjobs/detail/lease_keeper.hpp>

#include <chrono>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE LeaseKeeper::LeaseKeeper(Runtime& runtime, JobStore& store, Lane& lane,
                                          Options options, Hooks hooks)
    : runtime_(runtime), store_(store), lane_(lane), options_(options), hooks_(std::move(hooks)),
      period_(std::min(options.report_every, options.lease_for / 8)),
      timer_(runtime.make_timer([this] { beat(); })) {}

ASYNCJOBS_INLINE void LeaseKeeper::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    if (timer_ && !std::exchange(beating_, true)) timer_->arm(period_);
}

ASYNCJOBS_INLINE void LeaseKeeper::stop() {
    std::unique_lock lock(mutex_);
    const auto timer = std::move(timer_);
    lock.unlock();
}

ASYNCJOBS_INLINE void LeaseKeeper::beat() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = false;
    }
    hooks_.on_beat();
    const auto under_way = hooks_.under_way();
    const auto now = runtime_.now();
    const bool slept = has_slept();
    Attempts due, to_check;
    for (const auto& attempt : under_way) {
        attempt->stop_if_over(now, reliable(options_.lease_for));
        if (attempt->past_timeout(now) >= options_.timeout_grace) hooks_.give_up(attempt);
        if (slept || attempt->has_unsent() || attempt->has_unreported_start() ||
            now - attempt->renewed_at() >= options_.lease_for / 3)
            due.push_back(attempt);
        else if (attempt->started_at() && !attempt->ran() &&
                 now - attempt->checked_at() >= check_every)
            to_check.push_back(attempt);
    }

    const std::lock_guard lock(mutex_);
    beating_ = (!under_way.empty() || woken_) && timer_;
    if (beating_) timer_->arm(period_);
    if ((due.empty() && to_check.empty()) || renewing_) return;
    renewing_ = true;
    lane_.post([this, due = std::move(due), to_check = std::move(to_check)] {
        renew(due);
        check(to_check);
        const std::lock_guard done(mutex_);
        renewing_ = false;
    });
}

ASYNCJOBS_INLINE void LeaseKeeper::look_at(std::span<const std::shared_ptr<Attempt>> attempts) {
    lane_.post([this, due = Attempts(attempts.begin(), attempts.end())] { renew(due); });
}

/// Whether this machine has slept since the last call, or its wall clock was set: the two clocks
/// have drifted apart. Leases continued meanwhile, by the store's clock.
ASYNCJOBS_INLINE bool LeaseKeeper::has_slept() {
    const Duration offset =
        runtime_.wall_clock().time_since_epoch() - runtime_.now().time_since_epoch();
    const std::lock_guard lock(mutex_);
    const auto drift = offset - clock_offset_.value_or(offset);
    const bool slept = std::chrono::abs(drift) > options_.lease_for / 8;
    if (slept || !clock_offset_) clock_offset_ = offset;
    must_renew_all_ |= slept;
    return slept;
}

ASYNCJOBS_INLINE bool LeaseKeeper::renew_before_sweep() {
    has_slept();
    std::unique_lock lock(mutex_);
    const bool all = std::exchange(must_renew_all_, false);
    lock.unlock();
    const auto now = runtime_.now();
    Attempts stale;
    for (const auto& attempt : hooks_.under_way())
        if (all || now - attempt->renewed_at() >= options_.lease_for / 2) stale.push_back(attempt);
    if (renew(stale)) return !all;
    lock.lock();
    must_renew_all_ = true;
    return false;
}

/// False if the store failed.
ASYNCJOBS_INLINE bool LeaseKeeper::renew(const Attempts& attempts) {
    if (attempts.empty()) return true;
    const auto asked_at = runtime_.now();
    std::vector<Heartbeat> heartbeats;
    heartbeats.reserve(attempts.size());
    for (const auto& attempt : attempts) {
        Heartbeat& heartbeat = heartbeats.emplace_back();
        heartbeat.lease = attempt->lease();
        heartbeat.progress = attempt->take_unsent();
        heartbeat.started = attempt->has_unreported_start();
    }

    std::vector<Renewal> renewals;
    try {
        renewals = store_.renew(heartbeats, options_.lease_for);
    } catch (const std::exception&) {
        // The exchange loop reports the failing store; the next beat retries.
        for (std::size_t i = 0; i < attempts.size(); ++i)
            if (heartbeats[i].progress) attempts[i]->mark_unsent();
        return false;
    }

    std::vector<JobId> changed;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        if (!renewals[i].kept) continue;
        attempts[i]->renewed(asked_at);
        if (heartbeats[i].started) attempts[i]->start_reported();
        if (!heartbeats[i].progress) continue;
        changed.push_back(heartbeats[i].lease.id);
        if (hooks_.progressed)
            hooks_.progressed(attempts[i]->job(), heartbeats[i].progress->percent);
    }
    apply(attempts, renewals);
    if (!changed.empty()) store_.notifier().changed(changed);
    return true;
}

/// Finds cancel requests of other processes that send no hints.
ASYNCJOBS_INLINE void LeaseKeeper::check(const Attempts& attempts) {
    if (attempts.empty()) return;
    const auto asked_at = runtime_.now();
    std::vector<LeaseRef> leases;
    leases.reserve(attempts.size());
    for (const auto& attempt : attempts) leases.push_back(attempt->lease());
    try {
        apply(attempts, store_.check_leases(leases));
        for (const auto& attempt : attempts) attempt->checked(asked_at);
    } catch (const std::exception&) {
        // As above.
    }
}

ASYNCJOBS_INLINE void LeaseKeeper::apply(const Attempts& attempts,
                                         std::span<const Renewal> renewals) {
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        if (!renewals[i].kept)
            attempts[i]->stop(StopReason::lease_lost);
        else if (renewals[i].cancel_requested)
            attempts[i]->stop(StopReason::cancelled);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
