#pragma once

#include <asyncjobs/detail/watch_loop.hpp>

#include <algorithm>

namespace asyncjobs::detail {

ASYNCJOBS_INLINE WatchLoop::WatchLoop(JobStore& store, Runtime& runtime, Duration poll_every)
    : store_(store), runtime_(runtime), poll_every_(poll_every),
      timer_(runtime.make_timer([this] { poll(); })), lane_(runtime.make_lane(1)),
      subscription_(
          store.notifier().on_changed([this](std::span<const JobId> ids) { look_at(ids); })) {}

ASYNCJOBS_INLINE WatchLoop::~WatchLoop() {
    subscription_ = {};
    std::unique_lock lock(mutex_);
    stopped_ = true;
    const auto timer = std::move(timer_);
    lock.unlock();
}

ASYNCJOBS_INLINE WatchLoop::WatchedPtr WatchLoop::add(const JobId& id, Watcher watcher) {
    auto watched = std::make_shared<Watched>(id, std::move(watcher));
    std::unique_lock lock(mutex_);
    if (watched_.empty()) timer_->arm(jittered(poll_every_, runtime_.random()));
    watched_[id].push_back(watched);
    to_read_.insert(id);
    read_soon(lock);
    return watched;
}

ASYNCJOBS_INLINE void WatchLoop::forget(const WatchedPtr& watched) {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(watched->id);
    if (found == watched_.end()) return;
    std::erase(found->second, watched);
    if (found->second.empty()) watched_.erase(found);
}

ASYNCJOBS_INLINE void WatchLoop::remove(const WatchedPtr& watched) {
    forget(watched);
    const std::lock_guard lock(watched->mutex);
    watched->ended = true;
}

ASYNCJOBS_INLINE void WatchLoop::look_at(std::span<const JobId> ids) {
    std::unique_lock lock(mutex_);
    for (const auto& id : ids)
        if (watched_.contains(id)) to_read_.insert(id);
    read_soon(lock);
}

ASYNCJOBS_INLINE void WatchLoop::read_soon(const std::unique_lock<std::mutex>&) {
    if (to_read_.empty() || reading_ || stopped_) return;
    reading_ = true;
    lane_->post([this] { read(); });
}

ASYNCJOBS_INLINE void WatchLoop::poll() {
    std::unique_lock lock(mutex_);
    for (const auto& [id, watchers] : watched_) to_read_.insert(id);
    read_soon(lock);
    if (!watched_.empty() && timer_) timer_->arm(jittered(poll_every_, runtime_.random()));
}

ASYNCJOBS_INLINE void WatchLoop::read() {
    std::vector<JobId> ids;
    std::vector<std::vector<WatchedPtr>> watchers; // those that came later need a later reading
    std::unique_lock lock(mutex_);
    while (!to_read_.empty() && ids.size() < batch) {
        const auto id = to_read_.extract(to_read_.begin()).value();
        const auto found = watched_.find(id);
        if (found == watched_.end()) continue;
        ids.push_back(id);
        watchers.push_back(found->second);
    }
    lock.unlock();
    std::vector<std::optional<Job>> jobs;
    try {
        if (!ids.empty()) jobs = store_.find(ids);
    } catch (const std::exception&) {
        // The next poll tries again.
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) pass_on(watchers[i], jobs[i]);
    lock.lock();
    reading_ = false;
    read_soon(lock);
}

ASYNCJOBS_INLINE void WatchLoop::pass_on(const std::vector<WatchedPtr>& watchers,
                                         const std::optional<Job>& job) {
    const bool last = !job || is_finished(job->status);
    for (const auto& watched : watchers) {
        if (last) forget(watched);
        const std::lock_guard lock(watched->mutex);
        if (watched->ended || (job && job->revision <= watched->revision)) continue;
        watched->revision = job ? job->revision : watched->revision;
        watched->ended = last;
        watched->watcher(job);
    }
}

} // namespace asyncjobs::detail
