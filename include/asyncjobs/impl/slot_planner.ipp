#pragma once

#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/detail/slot_planner.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline unsigned threads_for(unsigned requested, unsigned concurrency) noexcept {
    return requested == 0 ? concurrency : requested;
}

ASYNCJOBS_INLINE SlotPlanner::SlotPlanner(const ExecutorOptions& options)
    : requested_threads_(options.threads), poll_every_(options.poll_every),
      crash_limit_(options.crash_limit), concurrency_(options.concurrency),
      threads_(threads_for(options.threads, concurrency_)), queues_(options.queues),
      prefetch_(concurrency_, options.prefetch_limit) {}

/// How many jobs run at once if all need the scarcer resource.
ASYNCJOBS_INLINE unsigned SlotPlanner::parallel() const noexcept {
    return has_blocking_ ? std::min(concurrency_, threads_) : concurrency_;
}

ASYNCJOBS_INLINE void SlotPlanner::add_handler(HandlerKind kind) noexcept {
    (kind == HandlerKind::async ? has_async_ : has_blocking_) = true;
    prefetch_.set_threads(parallel());
}

ASYNCJOBS_INLINE void SlotPlanner::set_concurrency(unsigned concurrency) {
    concurrency_ = concurrency;
    threads_ = threads_for(requested_threads_, concurrency);
    prefetch_.set_threads(parallel());
    may_claim_ = true;
}

ASYNCJOBS_INLINE void SlotPlanner::set_queues(QueueOrder queues) {
    queues_ = std::move(queues);
    poll();
}

ASYNCJOBS_INLINE std::vector<SlotPlanner::AttemptPtr> SlotPlanner::close() {
    is_open_ = false;
    std::vector<AttemptPtr> taken;
    for (auto* ready : {&ready_, &ready_async_})
        for (auto& attempt : std::exchange(ready->jobs, {})) taken.push_back(std::move(attempt));
    return taken;
}

ASYNCJOBS_INLINE void SlotPlanner::set_quiet(bool quiet) noexcept {
    is_quiet_ = quiet;
    poll();
}

ASYNCJOBS_INLINE void SlotPlanner::poll() noexcept {
    may_claim_ = true;
    try_from_ = {};
}

ASYNCJOBS_INLINE bool SlotPlanner::jobs_are_due(std::string_view queue) {
    if (!queues_.contains(queue)) return false;
    may_claim_ = true;
    if (has_async_ && !blocking_queues_.contains(queue)) try_from_ = {};
    return true;
}

ASYNCJOBS_INLINE bool SlotPlanner::is_batching() const noexcept {
    const auto target = prefetch_.target();
    const bool moving = target > 0 || starting_ > 0 || starts_async_;
    return moving && ready_.jobs.size() + ready_async_.jobs.size() > target / 2;
}

/// How many slots, and threads if jobs may need one, are free for further claims, `ahead` of them
/// beyond those that can start at once.
ASYNCJOBS_INLINE SlotPlanner::Room SlotPlanner::room(std::size_t ahead) const noexcept {
    const auto left = [&](std::size_t capacity, std::size_t taken) {
        capacity += ahead;
        return capacity > taken ? capacity - taken : 0;
    };
    const auto waiting = ready_.jobs.size();
    const auto slots =
        left(concurrency_, running_ - starting_ + waiting + ready_async_.jobs.size());
    return {slots, has_blocking_ ? left(threads_, blocking_ - starting_ + waiting) : slots};
}

/// While all threads are busy, a few jobs are claimed that may need none.
ASYNCJOBS_INLINE std::size_t SlotPlanner::claimable(SteadyTime now) const {
    if (!is_open_ || is_quiet_) return 0;
    const auto [slots, threads] = room(prefetch_.target());
    if (threads > 0 || !ready_.jobs.empty() || !has_async_) return std::min(slots, threads);
    return now >= try_from_ ? std::min(slots, 1 + async_in_a_row_) : 0;
}

/// While all threads are busy, queues whose latest job needed one come last: others may hold jobs
/// that need none.
ASYNCJOBS_INLINE SlotPlanner::Claim
SlotPlanner::plan_claim(SteadyTime now, const std::function<std::uint64_t()>& random_bits) {
    Claim claim{.limit = claimable(now)};
    if (claim.limit == 0) return claim;
    const auto now_free = room(0);
    claim.ahead = claim.limit > std::min(now_free.slots, now_free.threads);
    may_claim_ = false;
    claim.queues = queues_.draw(random_bits);
    if (blocking_ >= threads_)
        std::stable_partition(
            claim.queues.begin(), claim.queues.end(),
            [&](const std::string& name) { return !blocking_queues_.contains(name); });
    return claim;
}

ASYNCJOBS_INLINE void SlotPlanner::claimed(HandlerKind kind, const std::string& queue) {
    if (!has_blocking_ || !has_async_) return;
    if (kind == HandlerKind::async) {
        ++async_in_a_row_;
        blocking_queues_.erase(queue);
    } else {
        async_in_a_row_ = 0;
        blocking_queues_.insert(queue);
    }
}

ASYNCJOBS_INLINE void SlotPlanner::add_ready(HandlerKind kind, AttemptPtr attempt, SteadyTime now) {
    auto& ready = kind == HandlerKind::async ? ready_async_ : ready_;
    if (ready.jobs.empty()) ready.since = now;
    ready.jobs.push_back(std::move(attempt));
}

/// The jobs keep their places, unless they would block jobs that need no thread.
ASYNCJOBS_INLINE std::vector<SlotPlanner::Release>
SlotPlanner::take_overdue(SteadyTime now, const std::function<std::uint64_t()>& random_bits) {
    constexpr Duration patience = 25 * Prefetch::budget;
    std::vector<Release> overdue;
    for (auto* ready : {&ready_, &ready_async_}) {
        const auto waited = now - ready->since;
        if (ready->jobs.empty() || waited < patience) continue;
        prefetch_.overdue(waited);
        const bool block_others = has_async_ && ready == &ready_;
        for (auto& attempt : std::exchange(ready->jobs, {}))
            overdue.push_back({std::move(attempt), block_others ? end_of_queue : Duration::zero()});
        // An executor with a free thread takes precedence.
        if (block_others) try_from_ = now + jittered(poll_every_, random_bits());
    }
    if (try_from_ != SteadyTime{} && now >= try_from_) poll();
    return overdue;
}

/// As many threads as there are free slots and ready jobs that no thread is on its way to.
ASYNCJOBS_INLINE SlotPlanner::Start SlotPlanner::plan_start() {
    Start start;
    while (running_ + ready_async_.jobs.size() < concurrency_ && blocking_ < threads_ &&
           starting_ < ready_.jobs.size()) {
        ++running_;
        ++blocking_;
        ++starting_;
        ++start.threads;
    }
    start.async = running_ < concurrency_ && !ready_async_.jobs.empty() &&
                  !std::exchange(starts_async_, true);
    return start;
}

ASYNCJOBS_INLINE SlotPlanner::AttemptPtr SlotPlanner::take(Ready& ready, SteadyTime now) {
    auto attempt = std::move(ready.jobs.front());
    ready.jobs.pop_front();
    ready.since = now;
    return attempt;
}

ASYNCJOBS_INLINE SlotPlanner::AttemptPtr SlotPlanner::next_for_thread(SteadyTime now) {
    if (!ready_.jobs.empty() && blocking_ <= threads_ &&
        running_ + ready_async_.jobs.size() <= concurrency_)
        return take(ready_, now);
    --running_;
    --blocking_;
    return nullptr;
}

ASYNCJOBS_INLINE SlotPlanner::AttemptPtr SlotPlanner::next_async(SteadyTime now) {
    if (!ready_async_.jobs.empty() && running_ < concurrency_) {
        ++running_;
        return take(ready_async_, now);
    }
    starts_async_ = false;
    return nullptr;
}

ASYNCJOBS_INLINE void SlotPlanner::ran(HandlerKind kind, Duration took) noexcept {
    if (kind == HandlerKind::blocking || !has_blocking_) prefetch_.ran(took);
}

ASYNCJOBS_INLINE void SlotPlanner::thread_returned(bool was_abandoned) noexcept {
    try_from_ = {};
    if (was_abandoned) --abandoned_;
}

ASYNCJOBS_INLINE void SlotPlanner::abandon(HandlerKind kind) noexcept {
    --running_;
    if (kind == HandlerKind::async) return;
    --blocking_;
    ++abandoned_;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
