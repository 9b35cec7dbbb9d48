#pragma once

#include <asyncjobs/detail/watch_loop.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE WatchLoop::WatchLoop(JobStore& store, Runtime& runtime, Duration poll_every,
                                      Duration stop_within)
    : store_(store), runtime_(runtime), poll_every_(poll_every), stop_within_(stop_within),
      timer_(runtime.make_timer([this] { poll(); })), lane_(runtime.make_lane(1)),
      subscription_(
          store.notifier().on_changed([this](std::span<const JobId> ids) { look_at(ids); })) {}

ASYNCJOBS_INLINE WatchLoop::~WatchLoop() {
    subscription_ = {};
    std::unique_lock lock(mutex_);
    stopped_ = true;
    const auto timer = std::move(timer_);
    lock.unlock();
    store_.close(stop_within_);
}

ASYNCJOBS_INLINE WatchLoop::WatchedPtr WatchLoop::add(const JobId& id, Watcher watcher) {
    auto watched = std::make_shared<Watched>(id, std::move(watcher));
    try {
        std::unique_lock lock(mutex_);
        if (watched_.empty()) timer_->arm(jittered(poll_every_, runtime_.random()));
        watched_[id].watchers.push_back(watched);
        to_read_.insert(id);
        look_soon(lock);
    } catch (...) {
        forget(watched);
        throw;
    }
    return watched;
}

ASYNCJOBS_INLINE void WatchLoop::forget(const WatchedPtr& watched) {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(watched->id);
    if (found == watched_.end()) return;
    auto& watchers = found->second.watchers;
    std::erase(watchers, watched);
    if (watchers.empty()) watched_.erase(found);
}

ASYNCJOBS_INLINE void WatchLoop::remove(const WatchedPtr& watched) {
    forget(watched);
    const std::lock_guard lock(watched->mutex);
    watched->ended = true;
}

/// The next poll makes up for failures here.
ASYNCJOBS_INLINE void WatchLoop::look_at(std::span<const JobId> ids) {
    try {
        std::unique_lock lock(mutex_);
        for (const auto& id : ids)
            if (watched_.contains(id)) to_read_.insert(id);
        look_soon(lock);
    } catch (const std::exception&) {
    }
}

ASYNCJOBS_INLINE void WatchLoop::look_soon(const std::unique_lock<std::mutex>&) {
    if ((to_read_.empty() && to_poll_.empty()) || looking_ || stopped_) return;
    lane_->post([this] { look(); });
    looking_ = true;
}

ASYNCJOBS_INLINE void WatchLoop::poll() {
    std::unique_lock lock(mutex_);
    if (!watched_.empty() && timer_) timer_->arm(jittered(poll_every_, runtime_.random()));
    try {
        for (const auto& [id, place] : watched_) to_poll_.insert(id);
        look_soon(lock);
    } catch (const std::exception&) {
        // The next poll retries.
    }
}

ASYNCJOBS_INLINE void WatchLoop::look() {
    try {
        find_changed();
        read();
    } catch (const std::exception&) {
        // The next poll retries.
    }
    std::unique_lock lock(mutex_);
    looking_ = false;
    try {
        look_soon(lock);
    } catch (const std::exception&) {
        // As above.
    }
}

ASYNCJOBS_INLINE std::vector<JobId> WatchLoop::take(std::unordered_set<JobId>& from) {
    std::vector<JobId> ids;
    while (!from.empty() && ids.size() < batch) ids.push_back(from.extract(from.begin()).value());
    return ids;
}

ASYNCJOBS_INLINE void WatchLoop::find_changed() {
    std::unique_lock lock(mutex_);
    const auto ids = take(to_poll_);
    lock.unlock();
    if (ids.empty()) return;
    const auto jobs = store_.find_summaries(ids);
    lock.lock();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto found = watched_.find(ids[i]);
        if (found != watched_.end() && (!jobs[i] || jobs[i]->revision != found->second.revision))
            to_read_.insert(ids[i]);
    }
}

ASYNCJOBS_INLINE void WatchLoop::read() {
    std::vector<JobId> ids;
    std::vector<std::vector<WatchedPtr>> watchers; // later watchers need a later read
    std::unique_lock lock(mutex_);
    for (const auto& id : take(to_read_)) {
        const auto found = watched_.find(id);
        if (found == watched_.end()) continue;
        ids.push_back(id);
        watchers.push_back(found->second.watchers);
    }
    lock.unlock();
    if (ids.empty()) return;
    const auto jobs = store_.find(ids);
    lock.lock();
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto found = watched_.find(ids[i]); found != watched_.end() && jobs[i])
            found->second.revision = jobs[i]->revision;
    lock.unlock();
    for (std::size_t i = 0; i < ids.size(); ++i) pass_on(watchers[i], jobs[i]);
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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
