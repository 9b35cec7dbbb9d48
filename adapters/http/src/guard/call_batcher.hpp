#pragma once

#include <asyncjobs/detail/batch_gate.hpp>
#include <asyncjobs/detail/outcomes.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Batches the requests' store calls, which take many items: items that arrive during a call go
/// into the next one. No thread waits for another one's call.
///
/// Thread-safety  Full.
/// Blocking       enqueue() makes the call if none is in progress, unless calls are posted.
template <typename Item, typename Result>
class CallBatcher {
public:
    using Call = asyncjobs::detail::CallOfMany<Item, Result>;
    using Outcome = asyncjobs::detail::Outcome<Result>;
    using Then = std::function<void(Outcome)>;

    struct Options {
        const Runtime& runtime;
        std::function<void(Task)> post; ///< to a thread that may block
        std::size_t limit = 500;        ///< items of a call
        bool shares = true;             ///< false: one call an item, at once
        bool posts = false;             ///< true: the caller of enqueue() may not block
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
        {
            const std::lock_guard lock(mutex_);
            queued_.add(std::move(item), std::move(then));
            batch_window_.came();
            if (std::exchange(calling_, true)) return;
        }
        if (options_.posts)
            post_call();
        else
            call();
    }

private:
    struct Batch {
        void add(Item item, Then then) {
            items.push_back(std::move(item));
            try {
                thens.push_back(std::move(then));
            } catch (...) {
                items.pop_back();
                throw;
            }
        }

        std::vector<Item> items = {};
        std::vector<Then> thens = {}; ///< of each item
    };

    void post_call() noexcept {
        try {
            options_.post([this] { call(); });
        } catch (...) {
            fail_all(std::current_exception());
        }
    }

    /// Fails every queued item.
    void fail_all(const std::exception_ptr& fault) noexcept {
        std::unique_lock lock(mutex_);
        const auto batch = std::exchange(queued_, {});
        calling_ = false;
        lock.unlock();
        for (const auto& then : batch.thens) notify(then, failed(fault));
    }

    static Outcome failed(const std::exception_ptr& fault) {
        Outcome outcome;
        outcome.error = fault;
        return outcome;
    }

    static void notify(const Then& then, Outcome outcome) noexcept {
        try {
            then(std::move(outcome));
        } catch (...) { // the caller notices that `then` was destroyed
        }
    }

    void call() noexcept {
        Batch batch;
        std::vector<Outcome> outcomes;
        std::exception_ptr fault;
        try {
            std::unique_lock lock(mutex_);
            if (options_.expensive)
                batch_window_.wait(lock, std::min(options_.limit, queued_.items.size()));
            batch = take();
        } catch (...) {
            return fail_all(std::current_exception());
        }
        const auto began = options_.runtime.now();
        try {
            outcomes = outcomes_of(batch.items);
        } catch (...) {
            fault = std::current_exception();
        }
        const auto took = options_.runtime.now() - began;
        if (options_.expensive) continue_after(batch.items.size(), took);
        for (std::size_t i = 0; i < batch.thens.size(); ++i)
            notify(batch.thens[i], fault ? failed(fault) : std::move(outcomes[i]));
        if (!options_.expensive) continue_after(batch.items.size(), took);
    }

    std::vector<Outcome> outcomes_of(std::span<const Item> items) const {
        return asyncjobs::detail::outcomes_of<Item, Result>(call_, items);
    }

    /// With the lock held.
    Batch take() {
        if (queued_.items.size() <= options_.limit) return std::exchange(queued_, {});
        Batch taken;
        taken.items.reserve(options_.limit);
        taken.thens.reserve(options_.limit);
        move_some(queued_.items, taken.items);
        move_some(queued_.thens, taken.thens);
        return taken;
    }

    template <typename Element>
    void move_some(std::vector<Element>& from, std::vector<Element>& to) noexcept {
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(options_.limit);
        to.assign(std::move_iterator(from.begin()), std::move_iterator(end));
        from.erase(from.begin(), end);
    }

    void continue_after(std::size_t done, Duration took) noexcept {
        {
            const std::lock_guard lock(mutex_);
            batch_window_.committed(done, std::min(options_.limit - done, queued_.items.size()),
                                    took);
            calling_ = !queued_.items.empty();
            if (!calling_) return;
        }
        post_call();
    }

    const Options options_;
    const Call call_;
    std::mutex mutex_;
    asyncjobs::detail::BatchGate batch_window_;
    Batch queued_;
    bool calling_ = false; ///< a call is in progress or posted
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
