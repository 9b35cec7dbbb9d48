#pragma once

#include <asyncjobs/detail/lease_keeper.hpp>

namespace asyncjobs::detail {

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
    Executions due;
    for (const auto& execution : under_way) {
        if (const auto started = execution->started_at();
            started && execution->timeout() > Duration::zero()) {
            const auto overtime = now - *started - execution->timeout();
            if (overtime >= Duration::zero()) execution->stop(StopReason::timed_out);
            if (overtime >= options_.timeout_grace) hooks_.give_up(execution);
        }
        if (now - execution->renewed_at() >= reliable(options_.lease_for))
            execution->stop(StopReason::lease_lost);
        if (execution->has_unsent() || now - execution->renewed_at() >= options_.lease_for / 3)
            due.push_back(execution);
    }

    const std::lock_guard lock(mutex_);
    beating_ = (!under_way.empty() || woken_) && timer_;
    if (beating_) timer_->arm(period_);
    if (due.empty() || renewing_) return;
    renewing_ = true;
    lane_.post([this, due = std::move(due)] {
        renew(due);
        const std::lock_guard done(mutex_);
        renewing_ = false;
    });
}

ASYNCJOBS_INLINE void LeaseKeeper::look_at(std::span<const std::shared_ptr<Execution>> executions) {
    lane_.post([this, due = Executions(executions.begin(), executions.end())] { renew(due); });
}

ASYNCJOBS_INLINE void LeaseKeeper::renew(const Executions& executions) {
    const auto asked_at = runtime_.now();
    std::vector<Heartbeat> heartbeats;
    heartbeats.reserve(executions.size());
    for (const auto& execution : executions)
        heartbeats.push_back({execution->lease(), execution->take_unsent()});

    std::vector<Renewal> renewals;
    try {
        renewals = store_.renew(heartbeats, options_.lease_for);
    } catch (const std::exception&) {
        // The exchange loop reports a store that fails; here it is enough to try again.
        for (std::size_t i = 0; i < executions.size(); ++i)
            if (heartbeats[i].progress) executions[i]->mark_unsent();
        return;
    }

    std::vector<JobId> changed;
    for (std::size_t i = 0; i < executions.size(); ++i) {
        if (!renewals[i].kept) {
            executions[i]->stop(StopReason::lease_lost);
            continue;
        }
        executions[i]->renewed(asked_at);
        if (renewals[i].cancel_requested) executions[i]->stop(StopReason::cancelled);
        if (heartbeats[i].progress) changed.push_back(heartbeats[i].lease.id);
    }
    if (!changed.empty()) store_.notifier().changed(changed);
}

} // namespace asyncjobs::detail
