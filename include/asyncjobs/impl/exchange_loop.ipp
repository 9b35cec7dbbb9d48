#pragma once

#include <asyncjobs/detail/ended_attempt.hpp>
#include <asyncjobs/detail/exchange_loop.hpp>
#include <asyncjobs/detail/job_event.hpp>
#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE ExchangeLoop::ExchangeLoop(Context context, Shared shared, Hooks hooks)
    : context_(context), shared_(shared), hooks_(std::move(hooks)),
      timer_(context.runtime.make_timer([this] { poll(); })),
      refused_timer_(
          context.runtime.make_timer([this] { lane_->post([this] { settle_refused(); }); })),
      lane_(context.runtime.make_lane(1)) {}

ASYNCJOBS_INLINE void ExchangeLoop::close(Lock& lock) {
    is_open_ = false;
    const auto timer = std::move(timer_);
    const auto refused_timer = std::move(refused_timer_);
    lock.unlock();
}

ASYNCJOBS_INLINE bool ExchangeLoop::wants_exchange() const {
    if (exchanging_ || !is_open_) return false;
    // A larger batch is about to form.
    if (!settles_soon_ && shared_.planner.is_batching()) return false;
    // Jobs of a claim with unknown outcome are released before a stop ends.
    return !ended_.empty() || unknown_since_ ||
           (shared_.planner.may_claim() && !refused_.is_full() &&
            shared_.planner.claimable(context_.runtime.now()) > 0);
}

ASYNCJOBS_INLINE void ExchangeLoop::schedule(Lock&) {
    if (!wants_exchange()) return;
    exchanging_ = true;
    lane_->post([this] { run(); });
}

ASYNCJOBS_INLINE void ExchangeLoop::end(Lock&, const AttemptPtr& attempt, Settlement settlement) {
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

ASYNCJOBS_INLINE void ExchangeLoop::release(Lock& lock, const AttemptPtr& attempt, Duration delay) {
    if (attempt->decide()) end(lock, attempt, Settlement::released(attempt->lease(), delay));
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

ASYNCJOBS_INLINE void ExchangeLoop::run() {
    if (context_.store.is_closed()) return;
    Lock lock(shared_.mutex);
    auto settlements = std::exchange(ended_, {});
    settles_soon_ = false;
    const bool outcome_unknown = unknown_since_.has_value();
    const bool fails_on = faults_ >= tries_together;
    lock.unlock();

    const auto asked_at = context_.runtime.now();
    try {
        if (outcome_unknown) recover(settlements);
        const auto claim = plan_claim();
        const ClaimRequest request{.worker = context_.worker,
                                   .queues = claim.queues,
                                   .limit = claim.limit,
                                   .lease_for = context_.options.lease_for,
                                   .limits = context_.options.limits,
                                   .ahead = claim.ahead};
        Exchange exchange;
        try {
            exchange = context_.store.exchange(settlements, request);
        } catch (const std::exception& fault) {
            if (settlements.empty() || is_unknown(fault) || (may_pass(fault) && !fails_on)) throw;
            exchange = settle_one_by_one(settlements, request);
        }
        lane_->post([this, wanted = request.limit, ahead = request.ahead, asked_at,
                     settlements = std::move(settlements),
                     exchange = std::move(exchange)]() mutable {
            apply(settlements, std::move(exchange), wanted, ahead, asked_at);
        });
    } catch (const std::exception& fault) {
        on_fault(std::move(settlements), fault, asked_at);
    }
}

/// Decides how many jobs to claim now, and from which queues.
ASYNCJOBS_INLINE SlotPlanner::Claim ExchangeLoop::plan_claim() {
    const Lock lock(shared_.mutex);
    if (refused_.is_full()) return {};
    return shared_.planner.plan_claim(context_.runtime.now(),
                                      [this] { return context_.runtime.random(); });
}

/// Called without the lock: a handler's reaction to a stop request may call the executor.
inline void stop_lost(const Attempts& attempts) {
    for (const auto& attempt : attempts) attempt->stop(StopReason::lease_lost);
}

/// Reads the leases of this worker, so that no recorded outcome is repeated, and no claimed job is
/// lost.
ASYNCJOBS_INLINE void ExchangeLoop::recover(std::vector<Settlement>& settlements) {
    auto jobs = context_.store.leases_of(context_.worker);
    std::unordered_map<JobId, std::int64_t> held;
    for (const auto& job : jobs) held.emplace(job.lease.id, job.lease.fence);
    const auto is_held = [&](const LeaseRef& lease) {
        const auto found = held.find(lease.id);
        return found != held.end() && found->second == lease.fence;
    };

    std::vector<JobId> changed;
    Lock lock(shared_.mutex);
    std::erase_if(settlements, [&](const Settlement& settlement) {
        if (is_held(settlement.lease())) return false;
        shared_.live.remove(settlement.lease());
        changed.push_back(settlement.lease().id);
        return true;
    });
    Attempts lost;
    for (auto& attempt : shared_.live.all())
        if (!is_held(attempt->lease())) lost.push_back(std::move(attempt));
    std::erase_if(jobs, [&](const ClaimedJob& job) { return shared_.live.holds(job.lease); });
    const auto superseded = hooks_.adopt(lock, std::move(jobs), *unknown_since_, true);
    unknown_since_.reset();
    lock.unlock();
    log_notes();
    stop_lost(lost);
    stop_lost(superseded);
    if (!changed.empty()) context_.store.notifier().changed(changed);
}

ASYNCJOBS_INLINE void ExchangeLoop::apply(const std::vector<Settlement>& settlements,
                                          Exchange exchange, std::size_t wanted, bool ahead,
                                          SteadyTime asked_at) {
    News news{.is_watched = context_.store.notifier().is_watched(),
              .needs_promotion = exchange.needs_promotion};
    Lock lock(shared_.mutex);
    exchanging_ = false;
    if (std::exchange(faults_, 0) > 0 &&
        context_.runtime.now() - failing_since_ >= context_.options.lease_for / 2)
        no_rescue_before_ = context_.runtime.now() + context_.options.lease_for / 3;
    note_recovery(lock);
    for (std::size_t i = 0; i < settlements.size(); ++i)
        note_ended(lock, settlements[i], exchange.settled[i], news);
    if (context_.reports.has_events())
        for (const auto& job : exchange.throttled)
            news.events.push_back(job_event(job, context_.runtime.wall_clock()));
    if (news.is_watched)
        for (const auto& job : exchange.claimed) news.changed.push_back(job.lease.id);

    // A claim of no jobs shows nothing about the queues: the timer stays as it is.
    if (wanted > 0 && exchange.claimed.size() == wanted)
        shared_.planner.jobs_may_be_due();
    else if (wanted > 0 && timer_)
        timer_->arm(std::min(exchange.next_due_in.value_or(Duration::max()),
                             jittered(context_.options.poll_every, context_.runtime.random())));
    const auto superseded = hooks_.adopt(lock, std::move(exchange.claimed), asked_at, ahead);
    schedule(lock);
    hooks_.settled(lock);
    lock.unlock();

    log_notes();
    stop_lost(superseded);
    publish(std::move(news));
}

/// Removes a job whose settlement the store has processed.
ASYNCJOBS_INLINE void ExchangeLoop::note_ended(Lock&, const Settlement& settlement,
                                               const Settled& settled, News& news) {
    const auto& id = settlement.lease().id;
    const auto attempt = shared_.live.remove(settlement.lease());
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
    if (attempt && (context_.reports.has_events() || shared_.tallies)) {
        const auto status =
            was_completed_externally && !settled.accepted ? JobStatus::completed : settled.status;
        const auto now = context_.runtime.wall_clock();
        if (shared_.tallies) shared_.tallies->add(ended_attempt(settlement, status, *attempt, now));
        if (context_.reports.has_events())
            news.events.push_back(job_event(settlement, status, *attempt, now));
    }
    for (const auto& job : settlement.follow_ups()) news.ready_queues.insert(job.queue);
    if (settlement.kind() == Settlement::Kind::released && attempt &&
        settlement.delay() <= end_of_queue)
        news.ready_queues.insert(attempt->job().queue);
}

ASYNCJOBS_INLINE void ExchangeLoop::publish(News news) {
    auto& notifier = context_.store.notifier();
    context_.reports.publish(std::move(news.events));
    if (!news.changed.empty()) notifier.changed(news.changed);
    for (const auto& queue : news.ready_queues) notifier.ready(queue);
    if (news.needs_promotion) hooks_.promote_soon();
}

ASYNCJOBS_INLINE void ExchangeLoop::on_fault(std::vector<Settlement> settlements,
                                             const std::exception& fault, SteadyTime asked_at) {
    const Backoff pace{.first = std::chrono::milliseconds{50}, .most = std::chrono::seconds{2}};
    Lock lock(shared_.mutex);
    if (faults_++ == 0) failing_since_ = asked_at;
    if (!std::exchange(is_failing_, true)) // an outage is logged once
        note(LogEntry::Level::error, fmt::format("job store unavailable: {}", fault.what()));
    if (!unknown_since_) unknown_since_ = asked_at;
    ended_.insert(ended_.begin(), std::make_move_iterator(settlements.begin()),
                  std::make_move_iterator(settlements.end()));
    // exchanging_ stays set: the timer starts the next exchange.
    waits_to_retry_ = true;
    if (timer_) timer_->arm(backoff_delay(pace, faults_, unit_interval(context_.runtime.random())));
    lock.unlock();
    log_notes();
}

ASYNCJOBS_INLINE void ExchangeLoop::note_recovery(Lock&) {
    if (faults_ == 0 && std::exchange(is_failing_, false))
        note(LogEntry::Level::info, "job store recovered");
}

ASYNCJOBS_INLINE void ExchangeLoop::note(LogEntry::Level level, std::string message,
                                         const JobId& job) {
    notes_.push_back({level, std::move(message), job});
}

/// Called without the lock: the host's logger may call the executor through the store's hints.
ASYNCJOBS_INLINE void ExchangeLoop::log_notes() {
    for (const auto& entry : std::exchange(notes_, {}))
        context_.reports.log(entry.level, entry.message, entry.job);
}

/// The timer's task: looks for jobs, or retries a failed exchange.
ASYNCJOBS_INLINE void ExchangeLoop::poll() {
    Lock lock(shared_.mutex);
    shared_.planner.poll();
    if (std::exchange(waits_to_retry_, false)) exchanging_ = false;
    schedule(lock);
}

ASYNCJOBS_INLINE bool ExchangeLoop::may_rescue(Lock&) const {
    return faults_ == 0 && context_.runtime.now() >= no_rescue_before_;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
