#pragma once

#include <asyncjobs/impl/client.ipp>

#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// One outcome per id, by `all` of the store's operators, or by `one` without.
template <typename Outcome>
std::vector<Outcome> change_all(JobStore& store, std::span<const JobId> ids, const auto& all,
                                const auto& one) {
    if (OperatorStore* const operators = store.operators()) return all(*operators);
    check_range("the number of ids", ids.size(), std::size_t{0}, OperatorStore::max_batch);
    std::vector<Outcome> outcomes;
    outcomes.reserve(ids.size());
    for (const JobId& id : ids) outcomes.push_back(one(id));
    return outcomes;
}

/// The ids whose outcome is `wanted`.
template <typename Outcome>
std::vector<JobId> those_with(Outcome wanted, std::span<const JobId> ids,
                              std::span<const Outcome> outcomes) {
    std::vector<JobId> those;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (outcomes[i] == wanted) those.push_back(ids[i]);
    return those;
}

} // namespace detail

ASYNCJOBS_INLINE CancelOutcome Client::cancel(const JobId& id, const Cancellation& cancellation) {
    validate(cancellation);
    const auto outcome = impl_->store.cancel(id, cancellation);
    impl_->notify_cancelled({&id, 1}, {&outcome, 1}, cancellation.force);
    return outcome;
}

ASYNCJOBS_INLINE std::vector<CancelOutcome> Client::cancel(std::span<const JobId> ids,
                                                           const Cancellation& cancellation) {
    validate(cancellation);
    auto outcomes = detail::change_all<CancelOutcome>(
        impl_->store, ids, [&](auto& operators) { return operators.cancel(ids, cancellation); },
        [&](const JobId& id) { return impl_->store.cancel(id, cancellation); });
    impl_->notify_cancelled(ids, outcomes, cancellation.force);
    return outcomes;
}

ASYNCJOBS_INLINE RetryOutcome Client::retry(const JobId& id) {
    const auto outcome = impl_->store.retry(id);
    if (outcome == RetryOutcome::retried) impl_->notify_retried({&id, 1});
    return outcome;
}

ASYNCJOBS_INLINE std::vector<RetryOutcome> Client::retry(std::span<const JobId> ids) {
    auto outcomes = detail::change_all<RetryOutcome>(
        impl_->store, ids, [&](auto& operators) { return operators.retry(ids); },
        [&](const JobId& id) { return impl_->store.retry(id); });
    impl_->notify_retried(detail::those_with<RetryOutcome>(RetryOutcome::retried, ids, outcomes));
    return outcomes;
}

ASYNCJOBS_INLINE RemoveOutcome Client::remove(const JobId& id) {
    const auto outcome = impl_->store.remove(id);
    if (outcome == RemoveOutcome::removed) impl_->store.notifier().changed(std::span(&id, 1));
    return outcome;
}

ASYNCJOBS_INLINE std::vector<RemoveOutcome> Client::remove(std::span<const JobId> ids) {
    auto outcomes = detail::change_all<RemoveOutcome>(
        impl_->store, ids, [&](auto& operators) { return operators.remove(ids); },
        [&](const JobId& id) { return impl_->store.remove(id); });
    const auto removed = detail::those_with<RemoveOutcome>(RemoveOutcome::removed, ids, outcomes);
    if (!removed.empty()) impl_->store.notifier().changed(removed);
    return outcomes;
}

ASYNCJOBS_INLINE RunNowOutcome Client::run_now(const JobId& id) {
    return run_now({&id, 1}).front();
}

ASYNCJOBS_INLINE std::vector<RunNowOutcome> Client::run_now(std::span<const JobId> ids) {
    OperatorStore* const operators = impl_->store.operators();
    if (!operators) throw Error(Errc::unsupported, "run_now() needs a store with operators()");
    auto outcomes = operators->run_now(ids);
    impl_->notify_due(detail::those_with<RunNowOutcome>(RunNowOutcome::made_due, ids, outcomes));
    return outcomes;
}

ASYNCJOBS_INLINE void Client::set_paused(std::string_view queue, bool paused) {
    impl_->store.set_paused(queue, paused);
    if (!paused) impl_->store.notifier().ready(queue);
}

ASYNCJOBS_INLINE void Client::set_limit(const Limit& limit) {
    validate(limit);
    impl_->store.set_limit(limit);
    if (!limit.queue.empty()) impl_->store.notifier().ready(limit.queue);
}

ASYNCJOBS_INLINE std::vector<Limit> Client::limits() { return impl_->store.limits(); }

ASYNCJOBS_INLINE bool Client::drain(std::string_view queue, Duration at_most) {
    auto& runtime = *impl_->runtime;
    const auto deadline = detail::deadline_after(runtime.now(), at_most);
    set_paused(queue, true);
    while (true) {
        const auto changed = runtime.make_event();
        const auto subscription =
            impl_->store.notifier().on_changed([&](std::span<const JobId>) { changed->set(); });
        if (workload(queue, {}).processing == 0) return true;
        if (runtime.now() >= deadline) return false;
        changed->wait(std::min(deadline, runtime.now() + impl_->options.poll_every));
    }
}

ASYNCJOBS_INLINE Workload Client::workload(std::string_view queue, std::string_view type) {
    return impl_->store.workload(queue, type);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
