#pragma once

#include <asyncjobs/detail/gathering_point.hpp>
#include <asyncjobs/detail/outcomes.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <cstddef>
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

    /// `then` is called once, by a thread that made a call, or never if those are gone.
    void ask(Item item, Then then) {
        if (!options_.shares) return then(std::move(outcomes_of(std::span(&item, 1)).front()));
        {
            const std::lock_guard lock(mutex_);
            items_.push_back(std::move(item));
            thens_.push_back(std::move(then));
            gathering_.came();
            if (std::exchange(calling_, true)) return;
        }
        if (options_.posts)
            post_call();
        else
            call();
    }

private:
    void post_call() {
        options_.post([this] { call(); });
    }

    void call() {
        std::vector<Item> items;
        std::vector<Then> thens;
        {
            std::unique_lock lock(mutex_);
            if (options_.dear) gathering_.wait(lock, std::min(options_.limit, items_.size()));
            items = take(items_);
            thens = take(thens_);
        }
        const auto began = options_.runtime.now();
        auto outcomes = outcomes_of(items);
        const auto took = options_.runtime.now() - began;
        if (options_.dear) go_on(items.size(), took);
        for (std::size_t i = 0; i < thens.size(); ++i) thens[i](std::move(outcomes[i]));
        if (!options_.dear) go_on(items.size(), took);
    }

    std::vector<Outcome> outcomes_of(std::span<const Item> items) const {
        return asyncjobs::detail::outcomes_of<Item, Answer>(call_, items);
    }

    template <typename Element>
    std::vector<Element> take(std::vector<Element>& from) {
        if (from.size() <= options_.limit) return std::exchange(from, {});
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(options_.limit);
        std::vector<Element> taken(std::move_iterator(from.begin()), std::move_iterator(end));
        from.erase(from.begin(), end);
        return taken;
    }

    void go_on(std::size_t done, Duration took) {
        {
            const std::lock_guard lock(mutex_);
            gathering_.committed(done, std::min(options_.limit - done, items_.size()), took);
            calling_ = !items_.empty();
            if (!calling_) return;
        }
        post_call();
    }

    const Options options_;
    const Call call_;
    std::mutex mutex_;
    asyncjobs::detail::GatheringPoint gathering_;
    std::vector<Item> items_; ///< asked for
    std::vector<Then> thens_; ///< likewise
    bool calling_ = false;    ///< or about to
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
