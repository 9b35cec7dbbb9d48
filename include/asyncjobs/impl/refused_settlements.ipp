#pragma once

#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How often what the store refused is tried again.
inline constexpr Backoff refused_pace{.first = std::chrono::milliseconds{50},
                                      .most = std::chrono::seconds{2}};

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
    Lock lock(mutex_);
    note_fault(std::runtime_error(*fault));
    for (auto& settlement : refused) refused_.push_back({.settlement = std::move(settlement)});
    if (refused_timer_) refused_timer_->arm(refused_pace.first);
    return answer;
}

/// The timer's task: tries again what the store refused.
ASYNCJOBS_INLINE void ExecutorCore::settle_refused() {
    Lock lock(mutex_);
    auto refused = std::exchange(refused_, {});
    lock.unlock();
    News news{.is_watched = store_.notifier().is_watched()};
    std::vector<Refused> left;
    std::vector<Settlement> answered;
    Exchange answer;
    for (auto& one : refused) {
        if (settle_refused(one, answer))
            answered.push_back(std::move(one.settlement));
        else
            left.push_back(std::move(one));
    }

    lock.lock();
    news.has_to_unblock = answer.has_to_unblock;
    for (std::size_t i = 0; i < answered.size(); ++i)
        note_ended(lock, answered[i], answer.settled[i], news);
    refused_.insert(refused_.begin(), std::make_move_iterator(left.begin()),
                    std::make_move_iterator(left.end()));
    refused_rounds_ = answered.empty() ? refused_rounds_ + 1 : 0;
    if (!refused_.empty() && refused_timer_)
        refused_timer_->arm(
            backoff_delay(refused_pace, refused_rounds_ + 1, unit_interval(runtime_.random())));
    note_recovery(lock);
    pump(lock);
    notice_drained(lock);
    lock.unlock();
    log_notes();
    tell(std::move(news));
}

/// False if the store has still not answered how this job ended. One that it refuses for what it
/// holds, and not for want of anything, fails instead, once that is certain.
ASYNCJOBS_INLINE bool ExecutorCore::settle_refused(Refused& refused, Exchange& answer) {
    constexpr int tries_until_certain = 3;
    const auto settle = [&](const Settlement& settlement) {
        const auto one = store_.exchange({&settlement, 1}, {});
        answer.settled.push_back(one.settled.front());
        answer.has_to_unblock |= one.has_to_unblock;
    };
    const auto lease = refused.settlement.lease();
    try {
        prove_writable(lease);
    } catch (const std::exception&) {
        return false; // an outage, which says nothing of this settlement
    }
    try {
        settle(refused.settlement);
        return true;
    } catch (const std::exception& fault) {
        const auto* error = dynamic_cast<const Error*>(&fault);
        const bool is_invalid = error && error->code() == Condition::invalid;
        if (may_pass(fault) || (++refused.tries < tries_until_certain && !is_invalid)) return false;
        if (!std::exchange(refused.is_logged, true))
            note(LogEntry::Level::error,
                 fmt::format("the store refuses how a job ended: {}", fault.what()), lease.id);
    }
    auto instead = Settlement::failed(
        lease, {std::string(error_code::internal_error), "the store refused the job's result", {}});
    try {
        settle(instead);
        refused.settlement = std::move(instead);
        return true;
    } catch (const std::exception&) {
        return false; // its result is still the first thing to be tried again
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
