#pragma once

#include <asyncjobs/detail/exchange_loop.hpp>
#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The pace of retries.
inline constexpr Backoff refused_pace{.first = std::chrono::milliseconds{50},
                                      .most = std::chrono::seconds{2}};

/// How long a store must refuse an outcome, while it accepts other writes, until its content is
/// taken for the cause: something that the store needs for it may be missing for a while.
inline constexpr Duration refused_for_good = std::chrono::seconds{30};

/// Limits of a round of retries, which exchanges wait for: the most tries, and the time after which
/// no further try begins.
inline constexpr std::size_t tries_of_round = 16;
inline constexpr Duration length_of_round = std::chrono::milliseconds{50};

/// Throws the store's error if it accepts no writes, not even those without an outcome.
ASYNCJOBS_INLINE void ExchangeLoop::prove_writable(const LeaseRef& lease) {
    const Heartbeat heartbeat{.lease = lease};
    context_.store.renew({&heartbeat, 1}, context_.options.lease_for);
    context_.store.exchange({}, {});
}

/// Finds the settlements that the store refuses, so that they do not delay others, and removes them
/// from `settlements`. If another call fails, throws its error and leaves those that are not
/// recorded. If the store accepts nothing at all, these are all: that, not the error's code,
/// identifies an outage.
ASYNCJOBS_INLINE Exchange ExchangeLoop::settle_one_by_one(std::vector<Settlement>& settlements,
                                                          const ClaimRequest& request) {
    Exchange result;
    std::vector<Settlement> recorded, refused;
    std::optional<std::string> fault;
    auto next = settlements.begin();
    try {
        for (; next != settlements.end(); ++next) {
            try {
                settle(*next, result);
            } catch (const std::exception& error) {
                if (is_unknown(error)) throw;
                if (recorded.empty() && !fault) prove_writable(next->lease());
                if (!fault) fault = error.what();
                refused.push_back(std::move(*next));
                continue;
            }
            recorded.push_back(std::move(*next));
        }
        auto claims = context_.store.exchange({}, request);
        result.claimed = std::move(claims.claimed);
        result.next_due_in = claims.next_due_in;
        result.throttled = std::move(claims.throttled);
    } catch (...) {
        settlements.erase(settlements.begin(), next);
        std::ranges::move(refused, std::inserter(settlements, settlements.begin()));
        note_recorded(recorded, result);
        throw;
    }
    settlements = std::move(recorded);
    if (!refused.empty()) keep_refused(std::move(refused), *fault);
    return result;
}

/// Adds the store's reply to `result`.
ASYNCJOBS_INLINE void ExchangeLoop::settle(const Settlement& settlement, Exchange& result) {
    const auto one = context_.store.exchange({&settlement, 1}, {});
    result.settled.push_back(one.settled.front());
    result.needs_promotion |= one.needs_promotion;
}

/// For outcomes that were recorded apart from a claim.
ASYNCJOBS_INLINE void ExchangeLoop::note_recorded(std::span<const Settlement> recorded,
                                                  const Exchange& result) {
    if (recorded.empty()) return;
    News news{.is_watched = context_.store.notifier().is_watched(),
              .needs_promotion = result.needs_promotion};
    Lock lock(shared_.mutex);
    for (std::size_t i = 0; i < recorded.size(); ++i)
        note_ended(lock, recorded[i], result.settled[i], news);
    shared_.planner.jobs_may_be_due(); // some are pending, due before the timer
    schedule(lock);
    hooks_.settled(lock);
    lock.unlock();
    log_notes();
    publish(std::move(news));
}

/// Their jobs stay live, so that their leases are renewed, but occupy no slots.
ASYNCJOBS_INLINE void ExchangeLoop::keep_refused(std::vector<Settlement> settlements,
                                                 const std::string& fault) {
    Lock lock(shared_.mutex);
    const bool is_first = refused_.empty();
    for (auto& settlement : settlements) {
        auto bytes = bytes_of(settlement);
        if (const auto attempt = shared_.live.find(settlement.lease().id))
            bytes += attempt->bytes();
        refused_.add({.settlement = std::move(settlement), .bytes = bytes});
    }
    note_refused(lock, fault);
    if (is_first && refused_timer_) refused_timer_->arm(refused_pace.first);
}

/// Logs the begin and the end of refusals, and of a pause in claiming, once each.
ASYNCJOBS_INLINE void ExchangeLoop::note_refused(Lock&, std::string_view fault) {
    using Level = LogEntry::Level;
    const bool refuses = !refused_.empty();
    if (const bool changes = refuses != std::exchange(is_refusing_, refuses); changes && !refuses)
        note(Level::info, "job store recovered: it accepts all outcomes of jobs");
    else if (changes && !std::exchange(is_failing_, false)) // the cause is known now
        note(Level::error, fmt::format("job store unavailable: it refuses outcomes of "
                                       "jobs, which are kept and retried: {}",
                                       fault));
    const bool full = refused_.is_full();
    if (const bool changes = full != std::exchange(is_full_, full); changes && !full)
        note(Level::info, "claiming resumed");
    else if (changes)
        note(Level::error, fmt::format("claiming paused: the job store refuses the outcomes of "
                                       "{} jobs, which take {} MiB of memory",
                                       refused_.size(), refused_.bytes() >> 20));
}

/// The timer's task: retries refused outcomes. The longer a round takes, the longer the next pause,
/// so that most of the lane's time is left for accepted ones.
ASYNCJOBS_INLINE void ExchangeLoop::settle_refused() {
    const auto began = context_.runtime.now();
    Lock lock(shared_.mutex);
    RefusedOutcomeList untried = refused_.take(tries_of_round), left;
    lock.unlock();
    std::vector<Settlement> recorded;
    Exchange result;
    while (!untried.empty() && context_.runtime.now() - began <= length_of_round) {
        if (settle_refused(untried.front(), result)) {
            recorded.push_back(std::move(untried.front().settlement));
            untried.pop_front();
        } else {
            left.splice(left.end(), untried, untried.begin());
        }
    }
    const Duration took = context_.runtime.now() - began;

    lock.lock();
    refused_.put_back(std::move(untried), std::move(left));
    refused_rounds_ = recorded.empty() ? refused_rounds_ + 1 : 0;
    if (!refused_.empty() && refused_timer_)
        refused_timer_->arm(
            std::max(9 * took, backoff_delay(refused_pace, refused_rounds_ + 1,
                                             unit_interval(context_.runtime.random()))));
    note_refused(lock, {});
    lock.unlock();
    note_recorded(recorded, result);
    log_notes();
}

/// False if the store still has not recorded this outcome. An outcome that it certainly refuses for
/// its content is recorded without that content.
ASYNCJOBS_INLINE bool ExchangeLoop::settle_refused(RefusedOutcome& refused, Exchange& result) {
    const auto lease = refused.settlement.lease();
    try {
        prove_writable(lease);
    } catch (const std::exception&) {
        refused.since.reset();
        return false; // an outage, not a refusal of this settlement
    }
    try {
        settle(refused.settlement, result);
        return true;
    } catch (const std::exception& fault) {
        if (may_pass(fault)) {
            refused.since.reset();
            return false;
        }
        const auto* error = dynamic_cast<const Error*>(&fault);
        const bool is_invalid = error && error->code() == Condition::invalid;
        const auto now = context_.runtime.now();
        if (!refused.since) refused.since = now;
        if (now - *refused.since < refused_for_good && !is_invalid) return false;
        if (!std::exchange(refused.is_logged, true))
            note(LogEntry::Level::error,
                 fmt::format("job store refuses the outcome of a job: {}", fault.what()), lease.id);
    }
    auto instead = bare(refused.settlement);
    try {
        settle(instead, result);
        refused.settlement = std::move(instead);
        return true;
    } catch (const std::exception&) {
        return false; // the next retry begins with its result
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
