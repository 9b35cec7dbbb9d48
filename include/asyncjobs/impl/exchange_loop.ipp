#pragma once

#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/job_event.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How many jobs run at once if all need the scarcer resource.
ASYNCJOBS_INLINE unsigned ExecutorCore::parallel() const {
    return has_blocking_ ? std::min(concurrency_, threads_) : concurrency_;
}

/// How many slots, and threads if jobs may need one, are free for further claims, `ahead` of them
/// beyond those that can start at once.
ASYNCJOBS_INLINE ExecutorCore::Room ExecutorCore::room(std::size_t ahead) const {
    const auto left = [&](std::size_t capacity, std::size_t taken) {
        capacity += ahead;
        return capacity > taken ? capacity - taken : 0;
    };
    const auto waiting = ready_.jobs.size();
    const auto slots =
        left(concurrency_, running_ - starting_ + waiting + ready_async_.jobs.size());
    return {slots, has_blocking_ ? left(threads_, blocking_ - starting_ + waiting) : slots};
}

/// How many jobs may be claimed. Whether a job needs a thread is known only after its claim: while
/// all threads are busy, a few are claimed that may need none.
ASYNCJOBS_INLINE std::size_t ExecutorCore::claimable() const {
    if (phase_ != Phase::started || refused_.is_full()) return 0;
    const auto [slots, threads] = room(prefetch_.target());
    if (threads > 0 || !ready_.jobs.empty() || !has_async_) return std::min(slots, threads);
    return runtime_.now() >= try_from_ ? std::min(slots, 1 + async_in_a_row_) : 0;
}

ASYNCJOBS_INLINE bool ExecutorCore::wants_exchange() const {
    if (exchanging_ || (phase_ != Phase::started && phase_ != Phase::stopping)) return false;
    // A larger batch is about to form.
    const bool moving = prefetch_.target() > 0 || starting_ > 0 || starts_async_;
    if (moving && !settles_soon_ &&
        ready_.jobs.size() + ready_async_.jobs.size() > prefetch_.target() / 2)
        return false;
    // Jobs of a claim with unknown outcome are released before a stop ends.
    return !ended_.empty() || unknown_since_ || (may_claim_ && claimable() > 0);
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
        std::vector<std::string> queues;
        const ClaimRequest request = plan_claim(queues);
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

ASYNCJOBS_INLINE void ExecutorCore::note_kind(const Handler& handler, const std::string& queue) {
    if (!has_blocking_ || !has_async_) return;
    if (handler.run_async) {
        ++async_in_a_row_;
        blocking_queues_.erase(queue);
    } else {
        async_in_a_row_ = 0;
        blocking_queues_.insert(queue);
    }
}

/// Decides how many jobs to claim now, and from which `queues`, which the request refers to. While
/// all threads are busy, queues whose latest job needed one come last: others may hold jobs that
/// need none.
ASYNCJOBS_INLINE ClaimRequest ExecutorCore::plan_claim(std::vector<std::string>& queues) {
    const Lock lock(mutex_);
    ClaimRequest request{.worker = worker_,
                         .queues = {},
                         .limit = claimable(),
                         .lease_for = options_.lease_for,
                         .limits = options_.limits};
    if (request.limit == 0) return request;
    const auto now_free = room(0);
    request.ahead = request.limit > std::min(now_free.slots, now_free.threads);
    may_claim_ = false;
    queues = queues_.draw([this] { return runtime_.random(); });
    if (blocking_ >= threads_)
        std::stable_partition(queues.begin(), queues.end(), [&](const std::string& name) {
            return !blocking_queues_.contains(name);
        });
    request.queues = queues;
    return request;
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
        may_claim_ = true;
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
    may_claim_ = true;
    try_from_ = {};
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
    for (auto* ready : {&ready_, &ready_async_})
        if (ready->jobs.empty()) ready->since = now;
    // Suspects run one at a time, because a neighbour may have caused the crash: each runs in a
    // process without another suspect. The first one released returns alone.
    const auto suspects =
        std::ranges::count_if(jobs, [&](const ClaimedJob& job) { return is_suspect(job); });
    const bool occupied = suspects > 0 && has_suspect(lock);
    const bool crowded = suspects > (occupied ? 0 : 1);
    Duration suspect_delay = std::chrono::seconds{occupied ? 1 : 0};
    Attempts superseded;
    for (auto& job : jobs) {
        const auto attempt = std::make_shared<Attempt>(std::move(job), claimed_at, access_, ahead);
        auto& live = live_[attempt->lease().id];
        if (live) superseded.push_back(std::move(live));
        live = attempt;
        const auto handler = handlers_.find(attempt->job().type);
        if (handler != handlers_.end()) note_kind(handler->second, attempt->job().queue);
        if (too_late || phase_ != Phase::started)
            release(lock, attempt);
        else if (handler == handlers_.end())
            release_unknown(lock, attempt);
        else if (crowded && is_suspect(attempt->job()))
            release(lock, attempt, std::exchange(suspect_delay, std::chrono::seconds{1}));
        else
            (handler->second.run_async ? ready_async_ : ready_).jobs.push_back(attempt);
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
