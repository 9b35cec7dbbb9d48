#pragma once

#include <asyncjobs/detail/executor_core.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Starts ready jobs as slots and threads allow.
ASYNCJOBS_INLINE void ExecutorCore::dispatch(Lock&) {
    const auto start = planner_.plan_start();
    for (std::size_t i = 0; i < start.threads; ++i) workers_->post([this] { work(); });
    if (start.async) async_lane_->post([this] { start_async(); });
}

/// Runs ready jobs one after the other in one slot.
ASYNCJOBS_INLINE void ExecutorCore::work() {
    Lock lock(mutex_);
    planner_.thread_began();
    while (const auto attempt = planner_.next_for_thread(runtime_.now())) {
        schedule_exchange(lock);
        lock.unlock();
        run(attempt);
        lock.lock();
        planner_.thread_returned(attempt->is_abandoned());
        if (attempt->is_abandoned()) {
            workers_->set_threads(planner_.threads());
            return;
        }
    }
    dispatch(lock);
    schedule_exchange(lock);
}

/// The async lane's task: blocking handlers do not delay asynchronous ones.
ASYNCJOBS_INLINE void ExecutorCore::start_async() {
    Lock lock(mutex_);
    while (const auto attempt = planner_.next_async(runtime_.now())) {
        schedule_exchange(lock);
        lock.unlock();
        run_async(attempt);
        lock.lock();
    }
    dispatch(lock);
    schedule_exchange(lock);
}

/// The timeout counts from check_start().
ASYNCJOBS_INLINE const Handler& ExecutorCore::begin(const AttemptPtr& attempt) {
    const auto& handler = handler_of(attempt);
    attempt->start(runtime_.now(), Duration::zero());
    if (options_.events) publish_started(attempt->job());
    return handler;
}

ASYNCJOBS_INLINE void ExecutorCore::run(const AttemptPtr& attempt) {
    const auto& handler = begin(attempt);
    ProgressReporter progress(*attempt);
    std::exception_ptr thrown;
    JsonText result;
    const auto* const before = std::exchange(runs_handler_of(), this);
    try {
        check_start(*attempt, handler);
        result = handler.run(attempt->job().input, progress);
    } catch (...) {
        thrown = std::current_exception();
    }
    runs_handler_of() = before;
    finish(attempt, thrown, std::move(result));
}

/// Throws if the attempt is not to start any more. If the store must record the start first, waits
/// for it; the timeout begins afterwards.
ASYNCJOBS_INLINE void ExecutorCore::check_start(Attempt& attempt, const Handler& handler) const {
    if (attempt.stop_reason() == StopReason::none && attempt.reports_start_first())
        access_->report_start(attempt);
    if (attempt.stop_reason() != StopReason::none) throw Interrupted{};
    if (attempt.is_past_deadline(runtime_.now()))
        throw JobFailure(std::string(error_code::deadline_passed),
                         "It could not be started before its deadline.")
            .permanent();
    const auto timeout = attempt.job().timeout;
    attempt.start(runtime_.now(), timeout > Duration::zero() ? timeout : handler.options.timeout);
}

ASYNCJOBS_INLINE void ExecutorCore::run_async(const AttemptPtr& attempt) {
    struct Run {
        Run(AttemptPtr what, std::shared_ptr<Link> to)
            : attempt(std::move(what)), progress(*attempt), link(std::move(to)) {}
        ~Run() {
            if (!done) end(dropped_completion(), {});
        }

        void end(const std::exception_ptr& thrown, JsonText result) {
            if (done.exchange(true)) return;
            const std::shared_lock lock(link->mutex);
            if (!link->core) return;
            link->core->finish(attempt, thrown, std::move(result));
            link->core->free_slot(attempt);
        }

        const AttemptPtr attempt;
        ProgressReporter progress;
        const std::shared_ptr<Link> link;
        std::atomic<bool> done = false;
    };
    const auto& handler = begin(attempt);
    const auto run = std::make_shared<Run>(attempt, link_);
    const Completion done = [run](const std::exception_ptr& thrown, JsonText result) {
        run->end(thrown, std::move(result));
    };
    try {
        check_start(*attempt, handler);
        handler.run_async(attempt->job().input, run->progress, done);
    } catch (...) {
        done(std::current_exception(), {});
    }
}

ASYNCJOBS_INLINE void ExecutorCore::free_slot(const AttemptPtr& attempt) {
    Lock lock(mutex_);
    if (attempt->is_abandoned()) return;
    planner_.async_ended();
    dispatch(lock);
    schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::finish(const AttemptPtr& attempt,
                                           const std::exception_ptr& thrown, JsonText result) {
    const auto took = runtime_.now() - *attempt->started_at();
    if (!attempt->decide()) return;
    attempt->set_ran(took);
    const auto& job = attempt->job();
    auto outcome = outcome_of(thrown);
    if (outcome.kind == AttemptOutcome::Kind::threw)
        log(LogEntry::Level::error,
            fmt::format("the handler of {} threw: {}", job.type, outcome.error.message),
            job.lease.id);
    if (attempt->is_completed_externally() && outcome.kind == AttemptOutcome::Kind::returned)
        outcome = not_committed();
    const auto& handler = handler_of(attempt);
    auto settlement =
        settlement_for(job, attempt->stop_reason(), std::move(outcome), std::move(result),
                       retry_policy_of(handler), runtime_.random());
    Lock lock(mutex_);
    planner_.ran(kind_of(handler), took);
    end(lock, attempt, std::move(settlement));
    schedule_exchange(lock);
}

/// Queues the settlement for the next exchange.
ASYNCJOBS_INLINE void ExecutorCore::end(Lock&, const AttemptPtr& attempt, Settlement settlement) {
    // The store has recorded its start: a crash by another job would count as its own.
    settles_soon_ |= attempt->was_lost_before();
    if (settlement.kind() == Settlement::Kind::completed)
        if (auto jobs = attempt->take_follow_ups(); !jobs.empty()) {
            Settlement whole = std::move(settlement).with_follow_ups(std::move(jobs));
            settlement = std::move(whole);
        }
    if (auto progress = attempt->take_unsent())
        ended_.push_back(std::move(settlement).with_progress(std::move(*progress)));
    else
        ended_.push_back(std::move(settlement));
}

ASYNCJOBS_INLINE void ExecutorCore::release(Lock& lock, const AttemptPtr& attempt, Duration delay) {
    if (attempt->decide()) end(lock, attempt, Settlement::released(attempt->lease(), delay));
}

/// For a worker that has this type's handler, perhaps of a newer version.
ASYNCJOBS_INLINE void ExecutorCore::release_unknown(Lock& lock, const AttemptPtr& attempt) {
    constexpr Duration wait = std::chrono::seconds{30};
    const auto& type = attempt->job().type;
    if (unknown_types_.insert(type).second)
        note(LogEntry::Level::warning,
             fmt::format("no handler for type {}; its jobs wait for a worker that has one", type),
             attempt->lease().id);
    release(lock, attempt, wait);
}

/// Not those whose outcome the store refuses: they have run, and may stay for long, so other jobs
/// don't wait.
ASYNCJOBS_INLINE bool ExecutorCore::has_suspect(Lock&) const {
    return std::ranges::any_of(live_, [&](const auto& entry) {
        return planner_.is_suspect(entry.second->job()) && !refused_.holds(entry.second->lease());
    });
}

ASYNCJOBS_INLINE void ExecutorCore::release_overdue() {
    Lock lock(mutex_);
    const auto random = [this] { return runtime_.random(); };
    for (const auto& [attempt, delay] : planner_.take_overdue(runtime_.now(), random))
        release(lock, attempt, delay);
    schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::give_up(const AttemptPtr& attempt) {
    const auto& job = attempt->job();
    const auto& handler = handler_of(attempt);
    auto settlement = failure(job, timed_out(), retry_policy_of(handler), runtime_.random());
    Lock lock(mutex_);
    if (!attempt->decide()) return;
    attempt->abandon();
    planner_.abandon(kind_of(handler));
    workers_->set_threads(planner_.threads());
    end(lock, attempt, std::move(settlement));
    dispatch(lock);
    schedule_exchange(lock);
    lock.unlock();
    log(LogEntry::Level::error,
        fmt::format("the handler of {} ignores its stop token after a timeout", job.type),
        job.lease.id);
}

ASYNCJOBS_INLINE Attempts ExecutorCore::under_way() {
    const Lock lock(mutex_);
    Attempts attempts;
    attempts.reserve(live_.size());
    for (const auto& [id, attempt] : live_) attempts.push_back(attempt);
    return attempts;
}

ASYNCJOBS_INLINE const Handler& ExecutorCore::handler_of(const AttemptPtr& attempt) const {
    return handlers_.find(attempt->job().type)->second;
}

ASYNCJOBS_INLINE const RetryPolicy& ExecutorCore::retry_policy_of(const Handler& handler) const {
    return handler.options.retry ? *handler.options.retry : options_.retry;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
