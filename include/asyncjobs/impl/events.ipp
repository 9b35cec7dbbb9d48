#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/events.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE std::string_view to_string(JobEvent::Kind kind) noexcept {
    switch (kind) {
    case JobEvent::Kind::submitted:
        return "submitted";
    case JobEvent::Kind::started:
        return "started";
    case JobEvent::Kind::progressed:
        return "progressed";
    case JobEvent::Kind::throttled:
        return "throttled";
    case JobEvent::Kind::completed:
        return "completed";
    case JobEvent::Kind::failed:
        return "failed";
    case JobEvent::Kind::cancelled:
        return "cancelled";
    case JobEvent::Kind::retried:
        return "retried";
    case JobEvent::Kind::released:
        return "released";
    case JobEvent::Kind::rescued:
        return "rescued";
    case JobEvent::Kind::restarted:
        return "restarted";
    }
    return "";
}

struct EventStream::Impl {
    Impl(std::shared_ptr<Runtime> with, Subscriber who, EventStreamOptions options)
        : runtime(std::move(with)), subscriber(std::move(who)), capacity(options.capacity),
          kinds(std::move(options.kinds)) {
        detail::check_range("capacity", capacity, std::size_t{1}, std::size_t{10'000'000});
        if (!subscriber) throw Error(Errc::invalid_argument, "the subscriber is empty");
        lane = runtime->make_lane(1);
    }

    ~Impl() {
        lane.reset();
        deliver();
    }

    bool is_wanted(JobEvent::Kind kind) const {
        return kinds.empty() || std::ranges::find(kinds, kind) != kinds.end();
    }

    bool has_room_for(JobEvent::Kind kind) const {
        const bool is_throttled = kind == JobEvent::Kind::throttled;
        return waiting.size() < capacity && (!is_throttled || throttled <= (capacity - 1) / 2);
    }

    void publish(std::vector<JobEvent> events) {
        std::erase_if(events, [&](const JobEvent& event) { return !is_wanted(event.kind); });
        if (events.empty()) return;
        const std::lock_guard lock(mutex);
        for (JobEvent& event : events) {
            if (!has_room_for(event.kind)) {
                lost.add(event.kind);
                continue;
            }
            if (event.kind == JobEvent::Kind::throttled) ++throttled;
            waiting.push_back(std::move(event));
        }
        if (!std::exchange(delivering, true)) lane->post([this] { deliver(); });
    }

    /// Events accumulate while the subscriber is busy, and its next call takes them all.
    void deliver() {
        std::vector<JobEvent> batch;
        std::unique_lock lock(mutex);
        while (!waiting.empty()) {
            batch.clear();
            batch.swap(waiting);
            throttled = 0;
            const auto behind = std::exchange(lost, {});
            lock.unlock();
            subscriber(batch, behind);
            lock.lock();
        }
        delivering = false;
    }

    const std::shared_ptr<Runtime> runtime;
    const Subscriber subscriber;
    const std::size_t capacity;
    const std::vector<JobEvent::Kind> kinds;
    std::mutex mutex; ///< guards everything down to `delivering`
    std::vector<JobEvent> waiting;
    std::size_t throttled = 0; ///< of `waiting`
    LostEvents lost;           ///< since the last call; 0 unless events wait
    bool delivering = false;
    std::unique_ptr<Lane> lane;
};

ASYNCJOBS_INLINE EventStream::EventStream(Subscriber subscriber, EventStreamOptions options)
    : EventStream(make_runtime(), std::move(subscriber), options) {}

ASYNCJOBS_INLINE EventStream::EventStream(std::shared_ptr<Runtime> runtime, Subscriber subscriber,
                                          EventStreamOptions options) try
    : impl_(std::make_unique<Impl>(std::move(runtime), std::move(subscriber), options)) {
} catch (...) {
    detail::rethrow_as_error("an event stream");
}

ASYNCJOBS_INLINE EventStream::~EventStream() = default;

ASYNCJOBS_INLINE void EventStream::publish(std::vector<JobEvent> events) {
    if (!events.empty()) impl_->publish(std::move(events));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
