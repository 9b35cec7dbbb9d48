#pragma once

#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/job_event.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE bool ExecutorCore::wants_exchange() const {
    if (exchanging_ || (phase_ != Phase::started && phase_ != Phase::stopping)) return false;
    // A larger batch is about to form.
    if (!settles_soon_ && planner_.is_batching()) return false;
    // Jobs of a claim with unknown outcome are released before a stop ends.
    return !ended_.empty() || unknown_since_ ||
           (planner_.may_claim() && !refused_.is_full() && planner_.claimable(runtime_.now()) > 0);
}

ASYNCJOBS_INLINE void ExecutorCore::schedule_exchange(Lock&) {
    if (!wants_exchange()) return;
    exchanging_ = true;
    exchange_lane_->post([this] { run_exchange(); });
}

/// How often the settlements of an exchange are tried together before each is tried alone, if the
/// fault is retryable.
inline constexpr int tries_together = 3;

inline bool may_pass(const std::exception& fault) {
    const auto* error = dynamic_cast<const Error*>(&fault);
    return error && error->code() == Condition::retryable;
}

inline bool is_unknown(const std::exception& fault) {
    const auto* error = dynamic_cast<const Error*>(&fault);
    return error && error->code() == Errc::unknown_outcome;
}

ASYNCJOBS_INLINE void ExecutorCore::run_exchange() {
    if (store_.is_closed()) return;
    Lock lock(mutex_);
    auto settlements = std::exchange(ended_, {});
    settles_soon_ = false;
    const bool outcome_unknown = unknown_since_.has_value();
    const bool fails_on = faults_ >= tries_together;
    lock.unlock();

    const auto asked_at = runtime_.now();
    try {
        if (outcome_unknown) recover(settlements);
        const auto claim = plan_claim();
        const ClaimRequest request{.worker = worker_,
                                   .queues = claim.queues,
                                   .limit = claim.limit,
                                   .lease_for = options_.lease_for,
                                   .limits = options_.limits,
                                   .ahead = claim.ahead};
        Exchange exchange;
        try {
            exchange = store_.exchange(settlements, request);
        } catch (const std::exception& fault) {
            if (settlements.empty() || is_unknown(fault) || (may_pass(fault) && !fails_on)) throw;
            exchange = settle_one_by_one(settlements, request);
        }
        exchange_lane_->post([this, wanted = request.limit, ahead = request.ahead, asked_at,
                              settlements = std::move(settlements),
                              exchange = std::move(exchange)]() mutable {
            apply(settlements, std::move(exchange), wanted, ahead, asked_at);
        });
    } catch (const std::exception& fault) {
        on_store_fault(std::move(settlements), fault, asked_at);
    }
}

/// Decides how many jobs to claim now, and from which queues.
ASYNCJOBS_INLINE SlotPlanner::Claim ExecutorCore::plan_claim() {
    const Lock lock(mutex_);
    if (refused_.is_full()) return {};
    return planner_.plan_claim(runtime_.now(), [this] { return runtime_.random(); });
}

/// Called without the lock: a handler's reaction to a stop request may call the executor.
inline void stop_lost(const Attempts& attempts) {
    for (const auto& attempt : attempts) attempt->stop(StopReason::lease_lost);
}

/// Reads the leases of this worker, so that no recorded outcome is repeated, and no claimed job is
/// lost.
ASYNCJOBS_INLINE void ExecutorCore::recover(std::vector<Settlement>& settlements) {
    auto jobs = store_.leases_of(worker_);
    std::unordered_map<JobId, std::int64_t> held;
    for (const auto& job : jobs) held.emplace(job.lease.id, job.lease.fence);
    const auto is_held = [&](const LeaseRef& lease) {
        const auto found = held.find(lease.id);
        return found != held.end() && found->second == lease.fence;
    };

    std::vector<JobId> changed;
    Lock lock(mutex_);
    std::erase_if(settlements, [&](const Settlement& settlement) {
        if (is_held(settlement.lease())) return false;
        forget(lock, settlement.lease());
        changed.push_back(settlement.lease().id);
        return true;
    });
    Attempts lost;
    for (const auto& [id, attempt] : live_)
        if (!is_held(attempt->lease())) lost.push_back(attempt);
    std::erase_if(jobs, [&](const ClaimedJob& job) {
        const auto found = live_.find(job.lease.id);
        return found != live_.end() && found->second->lease() == job.lease;
    });
    const auto superseded = adopt(lock, std::move(jobs), *unknown_since_, true);
    unknown_since_.reset();
    dispatch(lock);
    lock.unlock();
    log_notes();
    stop_lost(lost);
    stop_lost(superseded);
    if (!changed.empty()) store_.notifier().changed(changed);
}

ASYNCJOBS_INLINE void ExecutorCore::apply(const std::vector<Settlement>& settlements,
                                          Exchange exchange, std::size_t wanted, bool ahead,
                                          SteadyTime asked_at) {
    News news{.is_watched = store_.notifier().is_watched(),
              .needs_promotion = exchange.needs_promotion};
    Lock lock(mutex_);
    exchanging_ = false;
    if (std::exchange(faults_, 0) > 0 && runtime_.now() - failing_since_ >= options_.lease_for / 2)
        no_rescue_before_ = runtime_.now() + options_.lease_for / 3;
    note_recovery(lock);
    for (std::size_t i = 0; i < settlements.size(); ++i)
        note_ended(lock, settlements[i], exchange.settled[i], news);
    if (options_.events)
        for (const auto& job : exchange.throttled)
            news.events.push_back(job_event(job, runtime_.wall_clock()));
    if (news.is_watched)
        for (const auto& job : exchange.claimed) news.changed.push_back(job.lease.id);

    // A claim of no jobs shows nothing about the queues: the timer stays as it is.
    if (wanted > 0 && exchange.claimed.size() == wanted)
        planner_.jobs_may_be_due();
    else if (wanted > 0 && claim_timer_)
        claim_timer_->arm(std::min(exchange.next_due_in.value_or(Duration::max()),
                                   jittered(options_.poll_every, runtime_.random())));
    const auto superseded = adopt(lock, std::move(exchange.claimed), asked_at, ahead);
    dispatch(lock);
    schedule_exchange(lock);
    notice_drained(lock);
    lock.unlock();

    log_notes();
    stop_lost(superseded);
    publish(std::move(news));
}

/// Removes a job whose settlement the store has processed.
ASYNCJOBS_INLINE void ExecutorCore::note_ended(Lock& lock, const Settlement& settlement,
                                               const Settled& settled, News& news) {
    const auto& id = settlement.lease().id;
    const auto attempt = forget(lock, settlement.lease());
    const bool was_completed_externally = attempt && attempt->is_completed_externally();
    news.needs_promotion |= was_completed_externally; // the host's transaction does not report it
    if (!settled.accepted && !was_completed_externally) {
        note(LogEntry::Level::warning, "job ended after its lease was lost", id);
        return;
    }
    if (settled.accepted && was_completed_externally)
        note(LogEntry::Level::warning,
             "handler completed its job in a transaction that did not commit", id);
    if (news.is_watched) news.changed.push_back(id);
    if (options_.events && attempt) {
        const auto status =
            was_completed_externally && !settled.accepted ? JobStatus::completed : settled.status;
        news.events.push_back(job_event(settlement, status, *attempt, runtime_.wall_clock()));
    }
    for (const auto& job : settlement.follow_ups()) news.ready_queues.insert(job.queue);
    if (settlement.kind() == Settlement::Kind::released && attempt &&
        settlement.delay() <= end_of_queue)
        news.ready_queues.insert(attempt->job().queue);
}

ASYNCJOBS_INLINE void ExecutorCore::publish(News news) {
    auto& notifier = store_.notifier();
    if (!news.events.empty()) options_.events->publish(std::move(news.events));
    if (!news.changed.empty()) notifier.changed(news.changed);
    for (const auto& queue : news.ready_queues) notifier.ready(queue);
    if (news.needs_promotion) maintenance_->promote_soon();
}

ASYNCJOBS_INLINE void ExecutorCore::on_store_fault(std::vector<Settlement> settlements,
                                                   const std::exception& fault,
                                                   SteadyTime asked_at) {
    const Backoff pace{.first = std::chrono::milliseconds{50}, .most = std::chrono::seconds{2}};
    Lock lock(mutex_);
    if (faults_++ == 0) failing_since_ = asked_at;
    note_fault(fault);
    if (!unknown_since_) unknown_since_ = asked_at;
    ended_.insert(ended_.begin(), std::make_move_iterator(settlements.begin()),
                  std::make_move_iterator(settlements.end()));
    // exchanging_ stays set: the timer starts the next exchange.
    waits_to_retry_ = true;
    if (claim_timer_)
        claim_timer_->arm(backoff_delay(pace, faults_, unit_interval(runtime_.random())));
    lock.unlock();
    log_notes();
}

/// Logs an outage once, in whichever call it shows.
ASYNCJOBS_INLINE void ExecutorCore::note_fault(const std::exception& fault) {
    if (!std::exchange(is_failing_, true))
        note(LogEntry::Level::error, fmt::format("job store unavailable: {}", fault.what()));
}

ASYNCJOBS_INLINE void ExecutorCore::note_recovery(Lock&) {
    if (faults_ == 0 && std::exchange(is_failing_, false))
        note(LogEntry::Level::info, "job store recovered");
}

/// Logs once no lock is held: the host's logger may call the executor through the store's hints.
ASYNCJOBS_INLINE void ExecutorCore::note(LogEntry::Level level, std::string message,
                                         const JobId& job) {
    notes_.push_back({level, std::move(message), job});
}

ASYNCJOBS_INLINE void ExecutorCore::log_notes() {
    for (const auto& entry : std::exchange(notes_, {})) log(entry.level, entry.message, entry.job);
}

/// The claim timer's task: polls, or retries a failed exchange.
ASYNCJOBS_INLINE void ExecutorCore::claim_soon() {
    Lock lock(mutex_);
    planner_.poll();
    if (std::exchange(waits_to_retry_, false)) exchanging_ = false;
    schedule_exchange(lock);
}

/// Returns attempts of the same jobs under leases that were lost meanwhile.
ASYNCJOBS_INLINE Attempts ExecutorCore::adopt(Lock& lock, std::vector<ClaimedJob> jobs,
                                              SteadyTime claimed_at, bool ahead) {
    std::erase_if(jobs, [&](const ClaimedJob& job) {
        if (run_leases_.add(job.lease)) return false;
        note(LogEntry::Level::warning, "job store returned a lease twice; its job runs once",
             job.lease.id);
        return true;
    });
    if (jobs.empty()) return {};
    const auto now = runtime_.now();
    const bool too_late = now - claimed_at >= LeaseKeeper::reliable(options_.lease_for);
    const auto suspects = static_cast<std::size_t>(std::ranges::count_if(
        jobs, [&](const ClaimedJob& job) { return planner_.is_suspect(job); }));
    SuspectPlan suspect_plan(suspects, suspects > 0 && has_suspect(lock));
    Attempts superseded;
    for (auto& job : jobs) {
        const auto attempt = std::make_shared<Attempt>(std::move(job), claimed_at, access_, ahead);
        auto& live = live_[attempt->lease().id];
        if (live) superseded.push_back(std::move(live));
        live = attempt;
        const auto& claimed = attempt->job();
        const auto handler = handlers_.find(claimed.type);
        if (handler != handlers_.end()) planner_.claimed(kind_of(handler->second), claimed.queue);
        if (too_late || phase_ != Phase::started)
            release(lock, attempt);
        else if (handler == handlers_.end())
            release_unknown(lock, attempt);
        else if (const auto delay =
                     planner_.is_suspect(claimed) ? suspect_plan.release_next() : std::nullopt)
            release(lock, attempt, *delay);
        else
            planner_.add_ready(kind_of(handler->second), attempt, now);
    }
    lease_keeper_->wake();
    return superseded;
}

/// Null if another lease on the same job has replaced it: the job was lost and claimed again.
ASYNCJOBS_INLINE ExecutorCore::AttemptPtr ExecutorCore::forget(Lock&, const LeaseRef& lease) {
    const auto found = live_.find(lease.id);
    if (found == live_.end() || found->second->lease() != lease) return nullptr;
    return live_.extract(found).mapped();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
