#pragma once

#include <asyncjobs/detail/gathering_point.hpp>
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

/// Lets requests share calls of the store, which take many things at once: what is asked for while
/// a call is under way goes with the next one. Nobody waits for that.
///
/// Thread-safety  Full.
/// Blocking       ask() makes the call if none is under way, unless calls are posted.
template <typename Item, typename Answer>
class SharedCalls {
public:
    using Call = asyncjobs::detail::CallOfMany<Item, Answer>;
    using Outcome = asyncjobs::detail::Outcome<Answer>;
    using Then = std::function<void(Outcome)>;

    struct Options {
        const Runtime& runtime;
        std::function<void(Task)> post; ///< to a thread that may block
        std::size_t limit = 500;        ///< items of a call
        bool shares = true;             ///< false: each has a call of its own, at once
        bool posts = false;             ///< who asks may not block
        /// Calls are so dear that one waits for others to come, and not until answers are made of
        /// the one before, as cheap ones do, for which that is less than to wake another thread.
        bool dear = false;
    };

    SharedCalls(Options options, Call call)
        : options_(std::move(options)), call_(std::move(call)), gathering_(options_.runtime) {}

    /// `then` is called once, by a thread that made a call, or never if those are gone. A fault on
    /// the way there is an outcome, too; what `then` throws is dropped. An ask() that throws has
    /// not asked.
    void ask(Item item, Then then) {
        if (!options_.shares) return then(std::move(outcomes_of(std::span(&item, 1)).front()));
        {
            const std::lock_guard lock(mutex_);
            asked_.add(std::move(item), std::move(then));
            gathering_.came();
            if (std::exchange(calling_, true)) return;
        }
        if (options_.posts)
            post_call();
        else
            call();
    }

private:
    struct Asked {
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
            give_up(std::current_exception());
        }
    }

    /// All that was asked for has failed.
    void give_up(const std::exception_ptr& fault) noexcept {
        std::unique_lock lock(mutex_);
        const auto asked = std::exchange(asked_, {});
        calling_ = false;
        lock.unlock();
        for (const auto& then : asked.thens) tell(then, {.result = {}, .error = fault});
    }

    static void tell(const Then& then, Outcome outcome) noexcept {
        try {
            then(std::move(outcome));
        } catch (...) { // the caller notices that `then` was destroyed
        }
    }

    void call() noexcept {
        Asked asked;
        std::vector<Outcome> outcomes;
        std::exception_ptr fault;
        try {
            std::unique_lock lock(mutex_);
            if (options_.dear) gathering_.wait(lock, std::min(options_.limit, asked_.items.size()));
            asked = take();
        } catch (...) {
            return give_up(std::current_exception());
        }
        const auto began = options_.runtime.now();
        try {
            outcomes = outcomes_of(asked.items);
        } catch (...) {
            fault = std::current_exception();
        }
        const auto took = options_.runtime.now() - began;
        if (options_.dear) go_on(asked.items.size(), took);
        for (std::size_t i = 0; i < asked.thens.size(); ++i)
            tell(asked.thens[i],
                 fault ? Outcome{.result = {}, .error = fault} : std::move(outcomes[i]));
        if (!options_.dear) go_on(asked.items.size(), took);
    }

    std::vector<Outcome> outcomes_of(std::span<const Item> items) const {
        return asyncjobs::detail::outcomes_of<Item, Answer>(call_, items);
    }

    /// With the lock held.
    Asked take() {
        if (asked_.items.size() <= options_.limit) return std::exchange(asked_, {});
        Asked taken;
        taken.items.reserve(options_.limit);
        taken.thens.reserve(options_.limit);
        move_some(asked_.items, taken.items);
        move_some(asked_.thens, taken.thens);
        return taken;
    }

    template <typename Element>
    void move_some(std::vector<Element>& from, std::vector<Element>& to) noexcept {
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(options_.limit);
        to.assign(std::move_iterator(from.begin()), std::move_iterator(end));
        from.erase(from.begin(), end);
    }

    void go_on(std::size_t done, Duration took) noexcept {
        {
            const std::lock_guard lock(mutex_);
            gathering_.committed(done, std::min(options_.limit - done, asked_.items.size()), took);
            calling_ = !asked_.items.empty();
            if (!calling_) return;
        }
        post_call();
    }

    const Options options_;
    const Call call_;
    std::mutex mutex_;
    asyncjobs::detail::GatheringPoint gathering_;
    Asked asked_;
    bool calling_ = false; ///< or about to
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
