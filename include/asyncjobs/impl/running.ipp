#pragma once

#include <asyncjobs/detail/executor_core.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Claimed jobs become ready, or are released.
ASYNCJOBS_INLINE Attempts ExecutorCore::adopt(Lock& lock, std::vector<ClaimedJob> jobs,
                                              SteadyTime claimed_at, bool ahead) {
    std::erase_if(jobs, [&](const ClaimedJob& job) {
        if (live_.is_new(job.lease)) return false;
        exchange_loop_.note(LogEntry::Level::warning,
                            "job store returned a lease twice; its job runs once", job.lease.id);
        return true;
    });
    if (jobs.empty()) {
        dispatch(lock);
        return {};
    }
    const auto now = runtime_.now();
    const bool too_late = now - claimed_at >= LeaseKeeper::reliable(options_.lease_for);
    auto suspects = plan_suspects(lock, jobs);
    Attempts superseded;
    for (auto& claimed : jobs) {
        const auto attempt =
            std::make_shared<Attempt>(std::move(claimed), claimed_at, access_, ahead);
        if (auto lost = live_.add(attempt)) superseded.push_back(std::move(lost));
        const auto& job = attempt->job();
        const auto* const handler = handlers_.find(job.type);
        if (handler) planner_.claimed(handler->kind(), job.queue);
        if (too_late || phase_ != Phase::started)
            exchange_loop_.release(lock, attempt);
        else if (!handler)
            release_unknown(lock, attempt);
        else if (const auto delay =
                     planner_.is_suspect(job) ? suspects.release_next() : std::nullopt)
            exchange_loop_.release(lock, attempt, *delay);
        else
            planner_.add_ready(handler->kind(), attempt, now);
    }
    lease_keeper_->wake();
    dispatch(lock);
    return superseded;
}

/// Jobs whose outcome the store refuses do not count: they have run, and may stay for long, so
/// other jobs don't wait.
ASYNCJOBS_INLINE SuspectPlan ExecutorCore::plan_suspects(Lock& lock,
                                                         std::span<const ClaimedJob> jobs) const {
    const auto count = std::ranges::count_if(
        jobs, [&](const ClaimedJob& job) { return planner_.is_suspect(job); });
    if (count == 0) return SuspectPlan(0, false);
    const bool one_is_live = std::ranges::any_of(live_.all(), [&](const AttemptPtr& attempt) {
        return planner_.is_suspect(attempt->job()) &&
               !exchange_loop_.refuses(lock, attempt->lease());
    });
    return SuspectPlan(static_cast<std::size_t>(count), one_is_live);
}

/// For a worker that has this type's handler, perhaps of a newer version.
ASYNCJOBS_INLINE void ExecutorCore::release_unknown(Lock& lock, const AttemptPtr& attempt) {
    constexpr Duration wait = std::chrono::seconds{30};
    const auto& type = attempt->job().type;
    if (unknown_types_.insert(type).second)
        exchange_loop_.note(
            LogEntry::Level::warning,
            fmt::format("no handler for type {}; its jobs wait for a worker that has one", type),
            attempt->lease().id);
    exchange_loop_.release(lock, attempt, wait);
}

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
        exchange_loop_.schedule(lock);
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
    exchange_loop_.schedule(lock);
}

/// The async lane's task: blocking handlers do not delay asynchronous ones.
ASYNCJOBS_INLINE void ExecutorCore::start_async() {
    Lock lock(mutex_);
    while (const auto attempt = planner_.next_async(runtime_.now())) {
        exchange_loop_.schedule(lock);
        lock.unlock();
        run_async(attempt);
        lock.lock();
    }
    dispatch(lock);
    exchange_loop_.schedule(lock);
}

/// The timeout counts from check_start().
ASYNCJOBS_INLINE const Handler& ExecutorCore::begin(const AttemptPtr& attempt) {
    const auto& handler = handler_of(*attempt);
    const auto now = runtime_.now();
    attempt->start(now, Duration::zero());
    reports_.started(attempt->job(), attempt->waited(now));
    return handler;
}

ASYNCJOBS_INLINE void ExecutorCore::run(const AttemptPtr& attempt) {
    const auto& handler = begin(attempt);
    JobContext context(*attempt);
    std::exception_ptr thrown;
    JsonText result;
    const auto* const before = std::exchange(runs_handler_of(), this);
    try {
        check_start(*attempt, handler);
        result = handler.run(attempt->job().input, context);
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
            : attempt(std::move(what)), context(*attempt), link(std::move(to)) {}
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
        JobContext context;
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
        handler.run_async(attempt->job().input, run->context, done);
    } catch (...) {
        done(std::current_exception(), {});
    }
}

ASYNCJOBS_INLINE void ExecutorCore::free_slot(const AttemptPtr& attempt) {
    Lock lock(mutex_);
    if (attempt->is_abandoned()) return;
    planner_.async_ended();
    dispatch(lock);
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::finish(const AttemptPtr& attempt,
                                           const std::exception_ptr& thrown, JsonText result) {
    const auto took = runtime_.now() - *attempt->started_at();
    if (!attempt->decide()) return;
    attempt->set_ran(took);
    const auto& job = attempt->job();
    auto outcome = outcome_of(thrown);
    if (outcome.kind == AttemptOutcome::Kind::threw)
        reports_.log(LogEntry::Level::error,
                     fmt::format("the handler of {} threw: {}", job.type, outcome.error.message),
                     job.lease.id);
    if (attempt->is_completed_externally() && outcome.kind == AttemptOutcome::Kind::returned)
        outcome = not_committed();
    const auto& handler = handler_of(*attempt);
    auto settlement =
        settlement_for(job, attempt->stop_reason(), std::move(outcome), std::move(result),
                       handlers_.retry_policy_of(handler), runtime_.random());
    Lock lock(mutex_);
    planner_.ran(handler.kind(), took);
    exchange_loop_.end(lock, attempt, std::move(settlement));
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::release_overdue() {
    Lock lock(mutex_);
    const auto random = [this] { return runtime_.random(); };
    for (const auto& [attempt, delay] : planner_.take_overdue(runtime_.now(), random))
        exchange_loop_.release(lock, attempt, delay);
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::give_up(const AttemptPtr& attempt) {
    const auto& job = attempt->job();
    const auto& handler = handler_of(*attempt);
    auto settlement =
        failure(job, timed_out(), handlers_.retry_policy_of(handler), runtime_.random());
    Lock lock(mutex_);
    if (!attempt->decide()) return;
    attempt->abandon();
    planner_.abandon(handler.kind());
    workers_->set_threads(planner_.threads());
    exchange_loop_.end(lock, attempt, std::move(settlement));
    dispatch(lock);
    exchange_loop_.schedule(lock);
    lock.unlock();
    reports_.log(LogEntry::Level::error,
                 fmt::format("the handler of {} ignores its stop token after a timeout", job.type),
                 job.lease.id);
}

ASYNCJOBS_INLINE const Handler& ExecutorCore::handler_of(const Attempt& attempt) const {
    return *handlers_.find(attempt.job().type);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
