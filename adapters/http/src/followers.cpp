#include "followers.hpp"

#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Followers::Followers(Client& client, std::shared_ptr<Runtime> runtime)
    : client_(client), runtime_(std::move(runtime)),
      timer_(runtime_->make_timer([this] { ring(); })) {}

void Followers::join(const std::shared_ptr<Follower>& follower, const JobId& id, Duration after) {
    {
        const std::lock_guard lock(mutex_);
        places_[follower.get()].follower = follower;
    }
    set_alarm(after, *follower);
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

void Followers::set_alarm(Duration after, const Follower& follower) {
    const auto when = runtime_->now() + after;
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(&follower);
    if (place == places_.end()) return;
    const bool first = alarms_.empty() || when < alarms_.begin()->first;
    place->second.alarm = alarms_.emplace(when, &follower);
    if (first) timer_->arm(after);
}

void Followers::ring() {
    std::vector<std::shared_ptr<Follower>> due;
    {
        const std::lock_guard lock(mutex_);
        const auto now = runtime_->now();
        while (!alarms_.empty() && alarms_.begin()->first <= now) {
            auto& place = places_.at(alarms_.extract(alarms_.begin()).mapped());
            place.alarm.reset();
            due.push_back(place.follower);
        }
        if (!alarms_.empty()) timer_->arm(alarms_.begin()->first - now);
    }
    for (const auto& follower : due)
        if (const auto again = follower->on_time(); again > Duration::zero())
            set_alarm(again, *follower);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
