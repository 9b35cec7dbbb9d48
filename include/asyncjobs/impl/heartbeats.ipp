#pragma once

#include <asyncjobs/detail/heartbeats.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/error.hpp>

#include <chrono>
#include <limits>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The pause before the last heartbeat is sent again.
inline constexpr Duration retry_last_heartbeat = std::chrono::milliseconds{100};

ASYNCJOBS_INLINE Heartbeats::Heartbeats(Runtime& runtime, OperatorStore& store, Lane& lane,
                                        Duration every, Hooks hooks)
    : runtime_(runtime), store_(store), lane_(lane), every_(every), hooks_(std::move(hooks)),
      run_(runtime.random() & std::numeric_limits<std::int64_t>::max()),
      timer_(runtime.make_timer([this] { lane_.post([this] { beat(); }); })),
      ended_(runtime.make_event()) {}

ASYNCJOBS_INLINE void Heartbeats::start() {
    const std::lock_guard lock(mutex_);
    if (timer_ && !std::exchange(is_started_, true)) lane_.post([this] { beat(); });
}

ASYNCJOBS_INLINE void Heartbeats::stop(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    if (is_started_ && timer_) {
        if (!std::exchange(is_stopping_, true)) lane_.post([this] { beat(); });
        lock.unlock();
        ended_->wait(deadline);
        ended_->set(); // for concurrent calls
        lock.lock();
    }
    const auto timer = std::move(timer_);
    lock.unlock();
}

ASYNCJOBS_INLINE void Heartbeats::beat() {
    std::unique_lock lock(mutex_);
    const bool is_last = is_stopping_;
    if (!timer_) return;
    lock.unlock();
    const Sent sent = send(is_last);

    lock.lock();
    if (!timer_ || sent == Sent::never || (is_last && sent == Sent::confirmed)) {
        ended_->set();
        return;
    }
    if (is_stopping_)
        timer_->arm(is_last ? retry_last_heartbeat : Duration::zero());
    else if (sent == Sent::confirmed && obeyed_now_)
        timer_->arm(Duration::zero());
    else
        timer_->arm(jittered(every_, runtime_.random()));
}

/// An unconfirmed heartbeat, and then as many as the tallies need.
ASYNCJOBS_INLINE Heartbeats::Sent Heartbeats::send(bool is_last) {
    bool has_more = true;
    if (unconfirmed_)
        if (const Sent sent = send(*unconfirmed_); sent != Sent::confirmed) return sent;
    while (has_more) {
        unconfirmed_ = next(is_last);
        has_more = unconfirmed_->tallies.size() == WorkerHeartbeat::max_tallies;
        if (const Sent sent = send(*unconfirmed_); sent != Sent::confirmed) return sent;
    }
    return Sent::confirmed;
}

ASYNCJOBS_INLINE WorkerHeartbeat Heartbeats::next(bool is_last) {
    WorkerHeartbeat heartbeat{.report = hooks_.report(),
                              .run = run_,
                              .number = ++number_,
                              .obeyed = obeyed_,
                              .tallies = hooks_.take_tallies(WorkerHeartbeat::max_tallies)};
    if (is_last) heartbeat.report.state = WorkerState::stopped;
    obeyed_now_ = false;
    return heartbeat;
}

ASYNCJOBS_INLINE Heartbeats::Sent Heartbeats::send(const WorkerHeartbeat& heartbeat) {
    try {
        const auto orders = store_.heartbeat(heartbeat);
        unconfirmed_.reset();
        accept(orders);
    } catch (const Error& error) {
        if (error.code() == Errc::unsupported) return Sent::never;
        if (error.code() != Condition::invalid) return Sent::unconfirmed;
        unconfirmed_.reset(); // nothing happened, and nothing else would the next time
        if (!std::exchange(is_refused_, true)) hooks_.on_refused(error.what());
    } catch (const std::exception&) {
        return Sent::unconfirmed;
    }
    return Sent::confirmed;
}

ASYNCJOBS_INLINE void Heartbeats::accept(const WorkerOrders& orders) {
    if (orders.number <= obeyed_) return;
    hooks_.obey(orders.order);
    obeyed_ = orders.number;
    obeyed_now_ = true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
