#pragma once

#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/job_waits.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

class JobWaits::Wait {
public:
    Wait(const JobId& job, SteadyTime until, Done callback)
        : id(job), deadline(until), done(std::move(callback)) {}

    const JobId id;
    const SteadyTime deadline;
    Done done;                                     ///< empty once the wait is over
    std::shared_ptr<WatchLoop> loop = {};          ///< of `watched`
    WatchLoop::WatchedPtr watched = {};            ///< null until the job is watched
    std::optional<Deadlines::iterator> place = {}; ///< while its time is limited by the timer
};

ASYNCJOBS_INLINE JobWaits::JobWaits(JobStore& store, Runtime& runtime,
                                    std::function<void(Task)> post,
                                    std::function<std::shared_ptr<WatchLoop>()> watches)
    : runtime_(runtime), watches_(std::move(watches)),
      reads_({.runtime = runtime, .post = std::move(post), .posts = true},
             [&store](std::span<const JobId> ids) { return store.find(ids); }),
      timer_(runtime.make_timer([this] { expire(); })) {}

ASYNCJOBS_INLINE JobWaits::WaitPtr JobWaits::start(const JobId& id, Duration at_most, Done done) {
    auto wait =
        std::make_shared<Wait>(id, deadline_after(runtime_.now(), at_most), std::move(done));
    read(wait);
    return wait;
}

ASYNCJOBS_INLINE void JobWaits::cancel(const WaitPtr& wait) { end(wait); }

ASYNCJOBS_INLINE void JobWaits::close(const std::exception_ptr& fault) {
    std::unique_lock lock(mutex_);
    auto timer = std::move(timer_);
    lock.unlock();
    timer.reset(); // waits for expire()
    reads_.fail_all(fault);
    for (lock.lock(); !deadlines_.empty(); lock.lock()) {
        const auto wait = deadlines_.begin()->second;
        lock.unlock();
        finish(wait, fault, {});
    }
}

ASYNCJOBS_INLINE void JobWaits::read(const WaitPtr& wait) {
    reads_.enqueue(wait->id, [self = shared_from_this(), wait](Outcome<std::optional<Job>> found) {
        self->look(wait, std::move(found));
    });
}

ASYNCJOBS_INLINE void JobWaits::look(const WaitPtr& wait, Outcome<std::optional<Job>> outcome) {
    try {
        auto job = outcome.take();
        if (!job || is_finished(job->status) || runtime_.now() >= wait->deadline)
            return finish(wait, {}, std::move(job));
        follow(wait);
    } catch (...) {
        finish(wait, std::current_exception(), {});
    }
}

ASYNCJOBS_INLINE void JobWaits::follow(const WaitPtr& wait) {
    const auto loop = watches_();
    std::unique_lock lock(mutex_);
    if (!wait->done) return;
    wait->place = deadlines_.emplace(wait->deadline, wait);
    arm();
    lock.unlock();
    auto watched =
        loop->add(wait->id, [weak = weak_from_this(), wait](const std::optional<Job>& job) {
            const auto self = weak.lock();
            if (self && (!job || is_finished(job->status))) self->finish(wait, {}, job);
        });
    lock.lock();
    if (wait->done) {
        wait->watched = std::move(watched);
        wait->loop = loop;
    } else {
        loop->forget(watched);
    }
}

/// With the lock held.
ASYNCJOBS_INLINE void JobWaits::arm() {
    if (!timer_ || deadlines_.empty()) return;
    timer_->arm(std::max(Duration{0}, deadlines_.begin()->first - runtime_.now()));
}

ASYNCJOBS_INLINE void JobWaits::expire() {
    std::vector<WaitPtr> due;
    std::unique_lock lock(mutex_);
    const auto end = deadlines_.upper_bound(runtime_.now());
    for (auto at = deadlines_.begin(); at != end; at = deadlines_.erase(at)) {
        at->second->place.reset();
        due.push_back(at->second);
    }
    arm();
    lock.unlock();
    for (const auto& wait : due) {
        try {
            read(wait);
        } catch (...) {
            finish(wait, std::current_exception(), {});
        }
    }
}

ASYNCJOBS_INLINE void JobWaits::finish(const WaitPtr& wait, const std::exception_ptr& error,
                                       std::optional<Job> job) {
    if (const auto done = end(wait)) done(error, std::move(job));
}

/// Returns the callback unless the wait was over before.
ASYNCJOBS_INLINE JobWaits::Done JobWaits::end(const WaitPtr& wait) {
    std::unique_lock lock(mutex_);
    auto done = std::exchange(wait->done, nullptr);
    if (const auto place = std::exchange(wait->place, std::nullopt)) deadlines_.erase(*place);
    const auto watched = std::exchange(wait->watched, nullptr);
    const auto loop = std::exchange(wait->loop, nullptr);
    lock.unlock();
    if (watched) loop->forget(watched);
    return done;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
