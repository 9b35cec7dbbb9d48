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

ASYNCJOBS_INLINE void WatchLoop::remove(const WatchedPtr& watched) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = watched_.find(watched->id); found != watched_.end()) {
            std::erase(found->second, watched);
            if (found->second.empty()) watched_.erase(found);
        }
    }
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
    std::unique_lock lock(mutex_);
    while (!to_read_.empty() && ids.size() < batch)
        ids.push_back(to_read_.extract(to_read_.begin()).value());
    lock.unlock();
    try {
        const auto jobs = store_.find(ids);
        for (std::size_t i = 0; i < ids.size(); ++i) pass_on(ids[i], jobs[i]);
    } catch (const std::exception&) {
        // The next poll tries again.
    }
    lock.lock();
    reading_ = false;
    read_soon(lock);
}

ASYNCJOBS_INLINE void WatchLoop::pass_on(const JobId& id, const std::optional<Job>& job) {
    const bool last = !job || is_finished(job->status);
    std::vector<WatchedPtr> watchers;
    {
        const std::lock_guard lock(mutex_);
        const auto found = watched_.find(id);
        if (found == watched_.end()) return;
        watchers = last ? std::move(found->second) : found->second;
        if (last) watched_.erase(found);
    }
    for (const auto& watched : watchers) {
        const std::lock_guard lock(watched->mutex);
        if (watched->ended || (job && job->revision <= watched->revision)) continue;
        watched->revision = job ? job->revision : watched->revision;
        watched->ended = last;
        watched->watcher(job);
    }
}

} // namespace asyncjobs::detail
