#pragma once

#include <asyncjobs/error.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace asyncjobs::detail {

/// Lets concurrent callers share one durable commit: whoever comes while a commit is under way
/// waits for it to end, and then all who wait go together. Starts no thread: one of the callers
/// commits for the others. Each returns only after its own item has been committed.
///
/// Thread-safety  Full.
template <typename Item, typename Answer>
class GroupCommit {
public:
    /// Answers in the order of the items; what it throws is thrown to each caller of the group.
    using Commit = std::function<std::vector<Answer>(std::span<const Item>)>;

    GroupCommit(std::size_t limit, Commit commit) : limit_(limit), commit_(std::move(commit)) {}

    Answer submit(Item item) {
        Caller self{.item = std::move(item)};
        std::unique_lock lock(mutex_);
        waiting_.push_back(&self);
        if (std::exchange(led_, true)) {
            self.woken.wait(lock, [&] { return self.done || self.leads; });
            if (self.done) return self.take();
        }
        lead(lock);
        return self.take();
    }

private:
    struct Caller {
        Item item;
        Answer answer = {};
        std::exception_ptr error = {};
        bool done = false;
        bool leads = false;
        std::condition_variable woken = {};

        Answer take() {
            if (error) std::rethrow_exception(error);
            return std::move(answer);
        }
    };

    void lead(std::unique_lock<std::mutex>& lock) {
        const auto size = std::min(limit_, waiting_.size());
        const std::vector<Caller*> group(waiting_.begin(),
                                         waiting_.begin() + static_cast<std::ptrdiff_t>(size));
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(size));
        lock.unlock();

        std::vector<Item> items;
        items.reserve(size);
        for (auto* caller : group) items.push_back(std::move(caller->item));
        commit(items, group);

        lock.lock();
        led_ = !waiting_.empty();
        if (led_) {
            waiting_.front()->leads = true;
            waiting_.front()->woken.notify_one();
        }
        for (auto* caller : group) {
            caller->done = true;
            caller->woken.notify_one();
        }
    }

    /// A fault that trying again does not help may be one item's own: the others shall not share
    /// it.
    void commit(std::span<const Item> items, std::span<Caller* const> group) {
        try {
            auto answers = commit_(items);
            for (std::size_t i = 0; i < group.size(); ++i) group[i]->answer = std::move(answers[i]);
        } catch (const std::system_error& error) {
            const bool shared = error.code() == Condition::retryable || group.size() == 1;
            for (std::size_t i = 0; i < group.size(); ++i) {
                if (shared)
                    group[i]->error = std::current_exception();
                else
                    commit(items.subspan(i, 1), group.subspan(i, 1));
            }
        } catch (...) {
            for (auto* caller : group) caller->error = std::current_exception();
        }
    }

    const std::size_t limit_;
    const Commit commit_;
    std::mutex mutex_;
    std::deque<Caller*> waiting_;
    bool led_ = false; ///< a caller commits, or has been told to
};

} // namespace asyncjobs::detail
