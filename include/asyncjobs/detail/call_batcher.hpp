#pragma once

#include <asyncjobs/detail/batch_gate.hpp>
#include <asyncjobs/detail/outcomes.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Batches store calls that take many items: items that arrive during a call go into the next one.
/// Starts no thread: a waiting caller makes the call for the others, or a posted task if none
/// waits.
///
/// Thread-safety  Full.
/// Blocking       call() blocks; enqueue() makes the call if none is in progress, unless calls are
///                posted.
/// Ownership      The runtime must outlive it. Posted tasks use it.
template <typename Item, typename Result>
class CallBatcher {
public:
    using Call = CallOfMany<Item, Result>;
    using ItemOutcome = Outcome<Result>;
    using Then = std::function<void(ItemOutcome)>;

    struct Options {
        Runtime& runtime;
        std::function<void(Task)> post; ///< to a thread that may block
        std::size_t limit = 500;        ///< items of a call
        /// Calls in progress at a time: several for calls that may have to wait for another
        /// transaction, and should then delay few others.
        std::size_t concurrency = 1;
        bool shares = true; ///< false: one call an item, at once
        bool posts = false; ///< true: the caller of enqueue() may not block
        /// Expensive calls wait for more items, and start before the results of the previous call
        /// are used. Cheap ones start afterwards, since that costs less than to wake a thread.
        bool expensive = false;
    };

    CallBatcher(Options options, Call call)
        : options_(std::move(options)), call_(std::move(call)), batch_window_(options_.runtime) {}

    /// Calls `then` once, on a thread that made a call, or never if no such thread is left. A fault
    /// on the way is an outcome, too; exceptions of `then` are dropped. If enqueue() throws,
    /// nothing was enqueued.
    void enqueue(Item item, Then then) {
        if (!options_.shares) return then(std::move(outcomes_of(std::span(&item, 1)).front()));
        std::unique_lock lock(mutex_);
        queued_.push_back({std::move(item), std::move(then)});
        batch_window_.came();
        if (active_ + posted_ >= options_.concurrency) return;
        if (options_.posts) {
            post_call(lock);
        } else {
            ++active_;
            make_call(lock, nullptr);
        }
    }

    /// Returns the result of `item`, or throws the fault that is its outcome.
    Result call(Item item) {
        Caller self;
        self.item.emplace(std::move(item));
        std::unique_lock lock(mutex_);
        if (active_ >= options_.concurrency) {
            self.woken = options_.runtime.make_event();
            queued_.push_back({{}, {}, &self});
            batch_window_.came();
            lock.unlock();
            self.woken->wait({});
            if (!self.leads) return self.outcome.take();
            lock.lock();
        } else {
            self.leads = true;
            ++active_;
            batch_window_.came();
        }
        make_call(lock, &self);
        return self.outcome.take();
    }

    /// Fails every item that is queued now.
    void fail_all(const std::exception_ptr& fault) noexcept {
        std::unique_lock lock(mutex_);
        // One by one, because there may be no memory for a list of them.
        for (auto count = queued_.size(); count > 0 && !queued_.empty(); --count) {
            const Entry failed = std::move(queued_.front());
            queued_.pop_front();
            lock.unlock();
            deliver(failed, {.result = {}, .error = fault});
            lock.lock();
        }
    }

private:
    /// A thread in call().
    struct Caller {
        std::optional<Item> item = {};
        ItemOutcome outcome = {};
        bool leads = false;                ///< makes the call
        std::unique_ptr<Event> woken = {}; ///< set once it leads, or has its outcome
    };
    struct Entry {
        std::optional<Item> item = {}; ///< empty: the caller's
        Then then = {};
        Caller* caller = nullptr; ///< null: calls `then`
    };
    struct Batch {
        std::vector<Item> items = {};
        std::vector<Entry> entries = {}; ///< of each item
    };

    /// With the lock held.
    void post_call(std::unique_lock<std::mutex>& lock) noexcept {
        ++posted_;
        lock.unlock();
        try {
            options_.post([this] { run_posted(); });
        } catch (...) {
            lock.lock();
            --posted_;
            const bool is_last = active_ + posted_ == 0;
            lock.unlock();
            if (is_last) fail_all(std::current_exception());
        }
    }

    void run_posted() noexcept {
        std::unique_lock lock(mutex_);
        --posted_;
        if (queued_.empty() || active_ >= options_.concurrency) return;
        ++active_;
        make_call(lock, nullptr);
    }

    /// With the lock held, which it releases, and the call counted as active. `leader` is the
    /// thread's own item, if any.
    void make_call(std::unique_lock<std::mutex>& lock, Caller* leader) noexcept {
        Batch batch;
        if (!gather(lock, batch, leader)) return;
        lock.unlock();
        const auto began = options_.runtime.now();
        std::vector<ItemOutcome> outcomes;
        std::exception_ptr fault;
        try {
            outcomes = outcomes_of(batch.items);
        } catch (...) {
            fault = std::current_exception();
        }
        const auto took = options_.runtime.now() - began;
        if (options_.expensive) continue_after(batch.items.size(), took);
        for (std::size_t i = 0; i < batch.entries.size(); ++i)
            deliver(batch.entries[i],
                    fault ? ItemOutcome{.result = {}, .error = fault} : std::move(outcomes[i]));
        if (!options_.expensive) continue_after(batch.items.size(), took);
    }

    /// With the lock held. False, and the fault delivered, if memory is exhausted.
    bool gather(std::unique_lock<std::mutex>& lock, Batch& batch, Caller* leader) noexcept {
        try {
            if (options_.expensive && options_.concurrency == 1)
                batch_window_.wait(lock,
                                   std::min(options_.limit, queued_.size() + (leader ? 1 : 0)));
            take(batch, leader);
            return true;
        } catch (...) {
            const auto fault = std::current_exception();
            if (leader) {
                leader->outcome.error = fault;
            } else {
                lock.unlock();
                fail_all(fault);
                lock.lock();
            }
            pass_on(lock);
            return false;
        }
    }

    static void deliver(const Entry& entry, ItemOutcome outcome) noexcept {
        if (entry.caller) {
            entry.caller->outcome = std::move(outcome);
            if (!entry.caller->leads) entry.caller->woken->set();
            return;
        }
        try {
            entry.then(std::move(outcome));
        } catch (...) { // the caller notices that `then` was destroyed
        }
    }

    std::vector<ItemOutcome> outcomes_of(std::span<const Item> items) const {
        return detail::outcomes_of<Item, Result>(call_, items);
    }

    /// With the lock held. The leader's item, and as many others as fit.
    void take(Batch& batch, Caller* leader) {
        const std::size_t own = leader ? 1 : 0;
        const auto others = std::min(options_.limit - own, queued_.size());
        batch.items.reserve(own + others);
        batch.entries.reserve(own + others);
        if (leader) {
            batch.items.push_back(std::move(*leader->item));
            batch.entries.push_back({{}, {}, leader});
        }
        for (std::size_t i = 0; i < others; ++i) {
            auto& next = queued_.front();
            batch.items.push_back(std::move(next.caller ? *next.caller->item : *next.item));
            next.item.reset();
            batch.entries.push_back(std::move(next));
            queued_.pop_front();
        }
    }

    void continue_after(std::size_t done, Duration took) noexcept {
        std::unique_lock lock(mutex_);
        batch_window_.committed(done, std::min(options_.limit - done, queued_.size()), took);
        pass_on(lock);
    }

    /// With the lock held: the first waiting caller makes the next call, or else a posted task.
    void pass_on(std::unique_lock<std::mutex>& lock) noexcept {
        if (!queued_.empty() && queued_.front().caller) {
            auto& next = *queued_.front().caller;
            queued_.pop_front();
            next.leads = true;
            next.woken->set();
            return;
        }
        --active_;
        if (!queued_.empty() && active_ + posted_ < options_.concurrency) post_call(lock);
    }

    const Options options_;
    const Call call_;
    std::mutex mutex_;
    BatchGate batch_window_;
    std::deque<Entry> queued_;
    std::size_t active_ = 0; ///< calls that a thread makes
    std::size_t posted_ = 0; ///< calls whose task has not started
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
