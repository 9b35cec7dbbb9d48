#include "followers.hpp"

#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Followers::Followers(Client& client, std::shared_ptr<Runtime> runtime)
    : client_(client), runtime_(std::move(runtime)),
      timer_(runtime_->make_timer([this] { ring(); })) {
    client_.prepare_watches();
}

void Followers::join(const std::shared_ptr<Follower>& follower, const JobId& id, Duration after) {
    try {
        enter(follower, id, after);
    } catch (...) {
        leave(*follower);
        throw;
    }
}

void Followers::enter(const std::shared_ptr<Follower>& follower, const JobId& id, Duration after) {
    {
        const auto now = runtime_->now();
        const std::lock_guard lock(mutex_);
        auto& place = places_[follower.get()];
        place.follower = follower;
        place.alarm = alarms_.emplace(now + after, follower.get());
        arm_for_first(now);
    }
    auto watch =
        client_.watch(id, [follower](const std::optional<Job>& job) { follower->on_change(job); });
    std::unique_lock lock(mutex_);
    const auto place = places_.find(follower.get());
    if (place != places_.end()) place->second.watch = std::move(watch);
    const bool ended = ended_;
    lock.unlock();
    if (ended) follower->on_end();
}

void Followers::leave(const Follower& follower) {
    std::unique_lock lock(mutex_);
    const auto place = places_.extract(&follower);
    if (place && place.mapped().alarm) alarms_.erase(*place.mapped().alarm);
    lock.unlock();
}

void Followers::end() {
    std::vector<std::shared_ptr<Follower>> all;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        for (const auto& [key, place] : places_) all.push_back(place.follower);
    }
    for (const auto& follower : all) follower->on_end();
}

void Followers::close() {
    end();
    std::unique_lock lock(mutex_);
    const auto places = std::exchange(places_, {});
    alarms_.clear();
    lock.unlock();
}

/// With the lock held.
void Followers::arm_for_first(SteadyTime now) {
    if (alarms_.empty() || alarms_.begin()->first >= armed_for_) return;
    timer_->arm(alarms_.begin()->first - now);
    armed_for_ = alarms_.begin()->first;
}

void Followers::ring() noexcept {
    const auto now = runtime_->now();
    while (ring_first(now)) continue;
    try {
        const std::lock_guard lock(mutex_);
        armed_for_ = SteadyTime::max();
        arm_for_first(now);
    } catch (...) { // the next join() arms it
    }
}

/// Calls the follower with the earliest alarm; returns false if none is due. Allocates no memory.
bool Followers::ring_first(SteadyTime now) noexcept {
    std::unique_lock lock(mutex_);
    if (alarms_.empty() || alarms_.begin()->first > now) return false;
    auto alarm = alarms_.extract(alarms_.begin());
    auto& called = places_.at(alarm.mapped());
    called.alarm.reset();
    const auto follower = called.follower;
    lock.unlock();
    const auto again = follower->on_time();
    if (again <= Duration::zero()) {
        leave(*follower);
        return true;
    }
    lock.lock();
    const auto place = places_.find(follower.get());
    if (place == places_.end()) return true;
    alarm.key() = now + again;
    place->second.alarm = alarms_.insert(std::move(alarm));
    return true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
