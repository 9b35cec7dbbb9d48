#pragma once

#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How often what the store refused is tried again.
inline constexpr Backoff refused_pace{.first = std::chrono::milliseconds{50},
                                      .most = std::chrono::seconds{2}};

/// How long a store must refuse how a job ended, while it takes other writes, until that is taken
/// for the fault of what the end holds: what a store needs for it may be missing for a while.
inline constexpr Duration refused_for_good = std::chrono::seconds{30};

/// Of a round of tries, which exchanges wait for; at most, and when no other try begins.
inline constexpr std::size_t tries_of_round = 16;
inline constexpr Duration length_of_round = std::chrono::milliseconds{50};

/// Throws what the store throws if it takes no writes: not even those that say nothing of how a job
/// ended.
ASYNCJOBS_INLINE void ExecutorCore::prove_writable(const LeaseRef& lease) {
    const Heartbeat heartbeat{.lease = lease};
    store_.renew({&heartbeat, 1}, options_.lease_for);
    store_.exchange({}, {});
}

/// Finds the settlements that the store does not take, so that they hold up no others, and takes
/// them out of `settlements`. Where the store takes nothing at all, throws its fault, and leaves
/// all as it is: an outage is known by that, not by its code.
ASYNCJOBS_INLINE Exchange ExecutorCore::settle_one_by_one(std::vector<Settlement>& settlements,
                                                          const ClaimRequest& request) {
    Exchange answer;
    std::vector<Settlement> answered, refused;
    std::vector<bool> is_refused;
    std::optional<std::string> fault;
    for (const auto& settlement : settlements) {
        try {
            const auto one = store_.exchange({&settlement, 1}, {});
            answer.settled.push_back(one.settled.front());
            answer.has_to_unblock |= one.has_to_unblock;
            is_refused.push_back(false);
        } catch (const std::exception& error) {
            if (is_unknown(error)) throw;
            if (answer.settled.empty() && !fault) prove_writable(settlement.lease());
            if (!fault) fault = error.what();
            is_refused.push_back(true);
        }
    }
    auto claims = store_.exchange({}, request);
    answer.claimed = std::move(claims.claimed);
    answer.next_due_in = claims.next_due_in;
    answer.held_back = std::move(claims.held_back);

    for (std::size_t i = 0; i < settlements.size(); ++i)
        (is_refused[i] ? refused : answered).push_back(std::move(settlements[i]));
    settlements = std::move(answered);
    if (refused.empty()) return answer;
    keep_refused(std::move(refused), *fault);
    return answer;
}

/// Their jobs stay live, so that their leases are renewed, but take no slots.
ASYNCJOBS_INLINE void ExecutorCore::keep_refused(std::vector<Settlement> settlements,
                                                 const std::string& fault) {
    Lock lock(mutex_);
    const bool is_first = refused_.empty();
    for (auto& settlement : settlements) {
        auto bytes = bytes_of(settlement);
        if (const auto live = live_.find(settlement.lease().id); live != live_.end())
            bytes += live->second->bytes();
        refused_.add({.settlement = std::move(settlement), .bytes = bytes});
    }
    note_refused(lock, fault);
    if (is_first && refused_timer_) refused_timer_->arm(refused_pace.first);
}

/// Logs once as it begins and once as it ends that ends are refused, and that they are too many.
ASYNCJOBS_INLINE void ExecutorCore::note_refused(Lock&, std::string_view fault) {
    using Level = LogEntry::Level;
    const bool refuses = !refused_.empty();
    if (const bool changes = refuses != std::exchange(is_refusing_, refuses); changes && !refuses)
        note(Level::info, "job store recovered: it accepts all outcomes of jobs");
    else if (changes && !std::exchange(is_failing_, false)) // what that was is known now
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

/// The timer's task: tries again what the store refused. If that takes long, it waits the longer
/// for the next time, so that most of the lane's time is for what the store takes.
ASYNCJOBS_INLINE void ExecutorCore::settle_refused() {
    const auto began = runtime_.now();
    Lock lock(mutex_);
    RefusedEndList untried = refused_.take(tries_of_round), answered, left;
    lock.unlock();
    News news{.is_watched = store_.notifier().is_watched()};
    Exchange answer;
    while (!untried.empty() && runtime_.now() - began <= length_of_round) {
        auto& to = settle_refused(untried.front(), answer) ? answered : left;
        to.splice(to.end(), untried, untried.begin());
    }
    const Duration took = runtime_.now() - began;

    lock.lock();
    news.has_to_unblock = answer.has_to_unblock;
    std::size_t at = 0;
    for (const auto& end : answered) note_ended(lock, end.settlement, answer.settled[at++], news);
    refused_.put_back(std::move(untried), std::move(left));
    refused_rounds_ = answered.empty() ? refused_rounds_ + 1 : 0;
    if (!refused_.empty() && refused_timer_)
        refused_timer_->arm(std::max(9 * took, backoff_delay(refused_pace, refused_rounds_ + 1,
                                                             unit_interval(runtime_.random()))));
    note_refused(lock, {});
    may_claim_ |= !answered.empty(); // some are pending, and due sooner than the timer knows
    pump(lock);
    notice_drained(lock);
    lock.unlock();
    log_notes();
    tell(std::move(news));
}

/// False if the store has still not answered how this job ended. An end that it refuses for what it
/// holds, and not for want of anything, is recorded without that, once this is certain.
ASYNCJOBS_INLINE bool ExecutorCore::settle_refused(RefusedEnd& refused, Exchange& answer) {
    const auto settle = [&](const Settlement& settlement) {
        const auto one = store_.exchange({&settlement, 1}, {});
        answer.settled.push_back(one.settled.front());
        answer.has_to_unblock |= one.has_to_unblock;
    };
    const auto lease = refused.settlement.lease();
    try {
        prove_writable(lease);
    } catch (const std::exception&) {
        refused.since.reset();
        return false; // an outage, which says nothing of this settlement
    }
    try {
        settle(refused.settlement);
        return true;
    } catch (const std::exception& fault) {
        if (may_pass(fault)) {
            refused.since.reset();
            return false;
        }
        const auto* error = dynamic_cast<const Error*>(&fault);
        const bool is_invalid = error && error->code() == Condition::invalid;
        const auto now = runtime_.now();
        if (!refused.since) refused.since = now;
        if (now - *refused.since < refused_for_good && !is_invalid) return false;
        if (!std::exchange(refused.is_logged, true))
            note(LogEntry::Level::error,
                 fmt::format("job store refuses the outcome of a job: {}", fault.what()), lease.id);
    }
    auto instead = bare(refused.settlement);
    try {
        settle(instead);
        refused.settlement = std::move(instead);
        return true;
    } catch (const std::exception&) {
        return false; // its result is still the first thing to be tried again
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
