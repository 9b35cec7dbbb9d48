#include "observe/job_observers.hpp"

#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

JobObservers::JobObservers(Client& client, std::shared_ptr<Runtime> runtime)
    : client_(client), runtime_(std::move(runtime)),
      timer_(runtime_->make_timer([this] { fire(); })) {
    client_.prepare_watches();
}

void JobObservers::join(const std::shared_ptr<JobObserver>& observer, const JobId& id,
                        Duration after) {
    join(observer, &id, after);
}

void JobObservers::join(const std::shared_ptr<JobObserver>& observer, Duration after) {
    join(observer, nullptr, after);
}

/// `id` may be null.
void JobObservers::join(const std::shared_ptr<JobObserver>& observer, const JobId* id,
                        Duration after) {
    try {
        enter(observer, id, after);
    } catch (...) {
        leave(*observer);
        throw;
    }
}

void JobObservers::enter(const std::shared_ptr<JobObserver>& observer, const JobId* id,
                         Duration after) {
    {
        const auto now = runtime_->now();
        const std::lock_guard lock(mutex_);
        auto& place = places_[observer.get()];
        place.observer = observer;
        place.alarm = alarms_.emplace(now + after, observer.get());
        arm_for_first(now);
    }
    Client::Watch watch;
    if (id)
        watch = client_.watch(
            *id, [observer](const std::optional<Job>& job) { observer->on_change(job); });
    std::unique_lock lock(mutex_);
    const auto place = places_.find(observer.get());
    if (place != places_.end()) place->second.watch = std::move(watch);
    const bool ended = ended_;
    lock.unlock();
    if (ended) observer->on_end();
}

void JobObservers::leave(const JobObserver& observer) {
    std::unique_lock lock(mutex_);
    const auto place = places_.extract(&observer);
    if (place && place.mapped().alarm) alarms_.erase(*place.mapped().alarm);
    lock.unlock();
}

void JobObservers::end() {
    std::vector<std::shared_ptr<JobObserver>> all;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        for (const auto& [key, place] : places_) all.push_back(place.observer);
    }
    for (const auto& observer : all) observer->on_end();
}

void JobObservers::close() {
    end();
    std::unique_lock lock(mutex_);
    const auto places = std::exchange(places_, {});
    alarms_.clear();
    lock.unlock();
}

/// With the lock held.
void JobObservers::arm_for_first(SteadyTime now) {
    if (alarms_.empty() || alarms_.begin()->first >= armed_for_) return;
    timer_->arm(alarms_.begin()->first - now);
    armed_for_ = alarms_.begin()->first;
}

void JobObservers::fire() noexcept {
    const auto now = runtime_->now();
    while (fire_first(now)) continue;
    try {
        const std::lock_guard lock(mutex_);
        armed_for_ = SteadyTime::max();
        arm_for_first(now);
    } catch (...) { // the next join() arms it
    }
}

/// Calls the observer with the earliest alarm; returns false if none is due. Allocates no memory.
bool JobObservers::fire_first(SteadyTime now) noexcept {
    std::unique_lock lock(mutex_);
    if (alarms_.empty() || alarms_.begin()->first > now) return false;
    auto alarm = alarms_.extract(alarms_.begin());
    auto& called = places_.at(alarm.mapped());
    called.alarm.reset();
    const auto observer = called.observer;
    lock.unlock();
    const auto again = observer->on_time();
    if (again <= Duration::zero()) {
        leave(*observer);
        return true;
    }
    lock.lock();
    const auto place = places_.find(observer.get());
    if (place == places_.end()) return true;
    alarm.key() = now + again;
    place->second.alarm = alarms_.insert(std::move(alarm));
    return true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
