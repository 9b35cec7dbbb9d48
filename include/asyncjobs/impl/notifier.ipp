#pragma once

#include <asyncjobs/store/notifier.hpp>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Listeners of one kind of hint. Calls share the lock, so that after an unsubscribe the listener
/// no longer runs.
template <typename Listener>
class Listeners {
public:
    void add(const void* key, Listener listener) {
        const std::unique_lock lock(mutex_);
        entries_.push_back({key, std::move(listener)});
        count_ = entries_.size();
    }

    void remove(const void* key) {
        const std::unique_lock lock(mutex_);
        std::erase_if(entries_, [&](const auto& entry) { return entry.key == key; });
        count_ = entries_.size();
    }

    template <typename... Args>
    void call(const Args&... args) const {
        if (empty()) return;
        const std::shared_lock lock(mutex_);
        for (const auto& entry : entries_) entry.listener(args...);
    }

    bool empty() const noexcept { return count_ == 0; }

private:
    struct Entry {
        const void* key;
        Listener listener;
    };

    mutable std::shared_mutex mutex_;
    std::vector<Entry> entries_;
    std::atomic<std::size_t> count_ = 0;
};

} // namespace detail

struct Notifier::Hub {
    detail::Listeners<ReadyListener> ready;
    detail::Listeners<ChangeListener> changed;
    detail::Listeners<ChangeListener> cancel_requested;
    detail::Listeners<ReadyListener> ready_here;
    detail::Listeners<ChangeListener> cancel_requested_here;
};

struct Notifier::Subscription::Entry {
    explicit Entry(std::shared_ptr<Hub> to) : hub(std::move(to)) {}
    ~Entry() {
        hub->ready.remove(this);
        hub->changed.remove(this);
        hub->cancel_requested.remove(this);
        hub->ready_here.remove(this);
        hub->cancel_requested_here.remove(this);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    std::shared_ptr<Hub> hub;
};

ASYNCJOBS_INLINE Notifier::Subscription::Subscription() noexcept = default;
ASYNCJOBS_INLINE Notifier::Subscription::Subscription(Subscription&&) noexcept = default;
ASYNCJOBS_INLINE Notifier::Subscription&
Notifier::Subscription::operator=(Subscription&&) noexcept = default;
ASYNCJOBS_INLINE Notifier::Subscription::~Subscription() = default;
ASYNCJOBS_INLINE Notifier::Subscription::Subscription(std::unique_ptr<Entry> entry) noexcept
    : entry_(std::move(entry)) {}

ASYNCJOBS_INLINE Notifier::Notifier() : hub_(std::make_shared<Hub>()) {}
ASYNCJOBS_INLINE Notifier::~Notifier() = default;

ASYNCJOBS_INLINE Notifier::Subscription Notifier::on_ready(ReadyListener listener) {
    auto entry = std::make_unique<Subscription::Entry>(hub_);
    hub_->ready.add(entry.get(), std::move(listener));
    return Subscription(std::move(entry));
}

ASYNCJOBS_INLINE Notifier::Subscription Notifier::on_changed(ChangeListener listener) {
    auto entry = std::make_unique<Subscription::Entry>(hub_);
    hub_->changed.add(entry.get(), std::move(listener));
    return Subscription(std::move(entry));
}

ASYNCJOBS_INLINE Notifier::Subscription Notifier::on_cancel_requested(ChangeListener listener) {
    auto entry = std::make_unique<Subscription::Entry>(hub_);
    hub_->cancel_requested.add(entry.get(), std::move(listener));
    return Subscription(std::move(entry));
}

ASYNCJOBS_INLINE Notifier::Subscription Notifier::on_ready_here(ReadyListener listener) {
    auto entry = std::make_unique<Subscription::Entry>(hub_);
    hub_->ready_here.add(entry.get(), std::move(listener));
    return Subscription(std::move(entry));
}

ASYNCJOBS_INLINE Notifier::Subscription
Notifier::on_cancel_requested_here(ChangeListener listener) {
    auto entry = std::make_unique<Subscription::Entry>(hub_);
    hub_->cancel_requested_here.add(entry.get(), std::move(listener));
    return Subscription(std::move(entry));
}

ASYNCJOBS_INLINE void Notifier::ready(std::string_view queue, Origin origin) {
    hub_->ready.call(queue);
    if (origin == Origin::here) hub_->ready_here.call(queue);
}

ASYNCJOBS_INLINE void Notifier::changed(std::span<const JobId> ids) { hub_->changed.call(ids); }

ASYNCJOBS_INLINE void Notifier::cancel_requested(const JobId& id, Origin origin) {
    const std::span<const JobId> ids(&id, 1);
    hub_->cancel_requested.call(ids);
    if (origin == Origin::here) hub_->cancel_requested_here.call(ids);
}

ASYNCJOBS_INLINE bool Notifier::is_watched() const noexcept { return !hub_->changed.empty(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
