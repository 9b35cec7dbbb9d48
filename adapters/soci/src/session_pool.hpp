#pragma once

#include "session.hpp"

#include <asyncjobs/error.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A bounded number of sessions, opened when they are first needed.
///
/// Thread-safety  Full.
class SessionPool {
public:
    using Open = std::function<std::unique_ptr<Session>()>;

    SessionPool(std::size_t size, Duration wait_for, Open open)
        : free_(size), wait_for_(wait_for), open_(std::move(open)) {}

    /// A session for one thread's use; goes back to the pool when destroyed.
    class Loan {
    public:
        Loan(SessionPool& pool, std::unique_ptr<Session> session) noexcept
            : pool_(pool), session_(std::move(session)) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() { pool_.give_back(std::move(session_)); }

        Session& operator*() noexcept { return *session_; }

        /// The session is of no use any more: the next user gets a new one.
        void discard() noexcept { session_.reset(); }

    private:
        SessionPool& pool_;
        std::unique_ptr<Session> session_;
    };

    /// Throws Errc::store_busy if none becomes free in time, and what opening one throws.
    Loan borrow() {
        auto session = take();
        try {
            if (!session) session = open_();
        } catch (...) {
            give_back(nullptr);
            throw;
        }
        return Loan(*this, std::move(session));
    }

    /// Closes what lies in the pool: when one session has died, the others most likely have too.
    void discard_idle() noexcept {
        const std::lock_guard lock(mutex_);
        for (auto& session : free_) session.reset();
    }

private:
    /// Null for a place whose session is yet to be opened.
    std::unique_ptr<Session> take() {
        std::unique_lock lock(mutex_);
        if (!returned_.wait_for(lock, wait_for_, [this] { return !free_.empty(); }))
            throw Error(Errc::store_busy, "no session to the database became free in time");
        auto session = std::move(free_.back());
        free_.pop_back();
        return session;
    }

    void give_back(std::unique_ptr<Session> session) noexcept {
        {
            const std::lock_guard lock(mutex_);
            free_.push_back(std::move(session));
        }
        returned_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Session>> free_;
    const Duration wait_for_;
    const Open open_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
