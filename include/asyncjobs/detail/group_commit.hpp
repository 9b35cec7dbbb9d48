#pragma once

#include <asyncjobs/detail/batch_gate.hpp>
#include <asyncjobs/detail/outcomes.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <semaphore>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Lets concurrent callers share one durable commit: callers that arrive during a commit wait for
/// it to end, and then commit together. Starts no thread: one of the callers commits for the
/// others. Each returns only after its own item has been committed.
///
/// With several `leaders`, as many commits may be active at a time: for items whose commit may have
/// to wait for another transaction, and should then delay few others.
///
/// Thread-safety  Full.
/// Ownership      The runtime must outlive it.
template <typename Item, typename Result>
class GroupCommit {
public:
    /// An exception is thrown to each caller of the group.
    using Commit = CallOfMany<Item, Result>;

    GroupCommit(std::size_t limit, const Runtime& runtime, Commit commit, std::size_t leaders = 1)
        : limit_(limit), leaders_(leaders), runtime_(runtime), commit_(std::move(commit)),
          batch_window_(runtime) {}

    Result submit(Item item) {
        Caller self{.item = std::move(item)};
        std::unique_lock lock(mutex_);
        batch_window_.came();
        if (leading_ == leaders_) {
            waiting_.push_back(&self);
            lock.unlock();
            self.woken.acquire();
            if (!self.leads) return self.outcome.take();
            lock.lock();
        } else {
            ++leading_;
        }
        if (leaders_ == 1) batch_window_.wait(lock, std::min(limit_, waiting_.size() + 1));
        Group group;
        try {
            group = take_group(self);
        } catch (...) { // out of memory
            pass_on();
            throw;
        }
        lock.unlock();
        lead(self, group);
        return self.outcome.take();
    }

private:
    struct Caller {
        Item item;
        Outcome<Result> outcome = {};
        bool leads = false;
        std::binary_semaphore woken{0}; ///< once it leads, or has its outcome
    };
    using Group = std::vector<Caller*>;

    /// With lock held.
    Group take_group(Caller& leader) {
        Group group = {&leader};
        const auto end =
            waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(limit_ - 1, waiting_.size()));
        group.insert(group.end(), waiting_.begin(), end);
        waiting_.erase(waiting_.begin(), end);
        return group;
    }

    void lead(const Caller& self, const Group& group) {
        const auto began = runtime_.now();
        try {
            commit_for(group);
        } catch (...) {
            for (auto* caller : group) caller->outcome.error = std::current_exception();
        }
        hand_over(group.size(), runtime_.now() - began);
        for (auto* caller : group)
            if (caller != &self) caller->woken.release();
    }

    void commit_for(const Group& group) {
        std::vector<Item> items;
        items.reserve(group.size());
        for (auto* caller : group) items.push_back(std::move(caller->item));
        auto outcomes = outcomes_of<Item, Result>(commit_, items);
        for (std::size_t i = 0; i < group.size(); ++i) group[i]->outcome = std::move(outcomes[i]);
    }

    void hand_over(std::size_t committed, Duration took) {
        const std::lock_guard lock(mutex_);
        batch_window_.committed(committed, std::min(limit_ - committed, waiting_.size()), took);
        pass_on();
    }

    /// With lock held.
    void pass_on() {
        if (waiting_.empty()) {
            --leading_;
            return;
        }
        Caller& next = *waiting_.front();
        waiting_.pop_front();
        next.leads = true;
        next.woken.release();
    }

    const std::size_t limit_, leaders_;
    const Runtime& runtime_;
    const Commit commit_;
    std::mutex mutex_;
    std::deque<Caller*> waiting_;
    std::size_t leading_ = 0; ///< callers that commit, or are about to
    BatchGate batch_window_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
