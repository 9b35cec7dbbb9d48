#pragma once

#include "db/session_opening.hpp"

#include <asyncjobs/error.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A bounded number of sessions, opened when they are first needed.
///
/// Thread-safety  Full.
class SessionPool {
public:
    /// `is_remote`: opening a session may take long, as it connects to a server.
    SessionPool(std::size_t size, Duration wait_for, bool is_remote, SessionOpening::Open open)
        : free_(size), wait_for_(wait_for), is_remote_(is_remote), open_(std::move(open)) {}

    /// A session for one thread's use; goes back to the pool when destroyed.
    class Loan {
    public:
        Loan(SessionPool& pool, std::unique_ptr<Session> session, std::uint64_t interrupts) noexcept
            : pool_(pool), session_(std::move(session)), interrupts_(interrupts) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() {
            pool_.remove_lent(session_.get());
            pool_.give_back(std::move(session_));
        }

        Session& operator*() noexcept { return *session_; }

        /// Closes an unusable session; the next borrower gets a new one.
        void discard() noexcept {
            pool_.remove_lent(session_.get());
            session_.reset();
        }

        /// Whether interrupt() was called since the call of borrow().
        bool was_interrupted() { return pool_.interrupts() != interrupts_; }

    private:
        SessionPool& pool_;
        std::unique_ptr<Session> session_;
        const std::uint64_t interrupts_;
    };

    /// Throws Errc::store_busy if no session becomes free in time, and any error of opening one.
    Loan borrow() {
        const auto interrupts = this->interrupts();
        auto session = take(interrupts);
        try {
            if (!session) session = open(interrupts);
            lent(session.get(), interrupts);
        } catch (...) {
            give_back(nullptr);
            throw;
        }
        return Loan(*this, std::move(session), interrupts);
    }

    /// Closes the idle sessions: when one has lost its connection, most likely they all have.
    void discard_idle() noexcept {
        const std::lock_guard lock(mutex_);
        for (auto& session : free_) session.reset();
    }

    /// Interrupts all borrowed sessions, and all calls that wait for one.
    void interrupt() noexcept {
        {
            const std::lock_guard lock(mutex_);
            ++interrupts_;
            for (Session* session : lent_) session->interrupt();
            for (const auto& opening : openings_) opening->abandon();
        }
        returned_.notify_all();
    }

private:
    /// Returns null if the session is not open yet.
    std::unique_ptr<Session> take(std::uint64_t interrupts) {
        std::unique_lock lock(mutex_);
        const auto is_over = [&] { return !free_.empty() || interrupts_ != interrupts; };
        if (!returned_.wait_for(lock, wait_for_, is_over))
            throw Error(Errc::store_busy, "no session to the database became free in time");
        if (interrupts_ != interrupts) throw_interrupted();
        auto session = std::move(free_.back());
        free_.pop_back();
        return session;
    }

    std::unique_ptr<Session> open(std::uint64_t interrupts) {
        if (!is_remote_) return open_();
        const auto opening = SessionOpening::start(open_);
        {
            const std::lock_guard lock(mutex_);
            if (interrupts_ != interrupts) opening->abandon();
            openings_.insert(opening);
        }
        const auto forget = [&] {
            const std::lock_guard lock(mutex_);
            openings_.erase(opening);
        };
        try {
            auto session = opening->wait();
            forget();
            if (!session) throw_interrupted();
            return session;
        } catch (...) {
            forget();
            throw;
        }
    }

    void lent(Session* session, std::uint64_t interrupts) {
        const std::lock_guard lock(mutex_);
        if (interrupts_ != interrupts) throw_interrupted();
        lent_.insert(session);
    }
    void remove_lent(Session* session) noexcept {
        const std::lock_guard lock(mutex_);
        lent_.erase(session);
    }
    std::uint64_t interrupts() {
        const std::lock_guard lock(mutex_);
        return interrupts_;
    }
    [[noreturn]] static void throw_interrupted() {
        throw Error(Errc::store_unavailable, "the call was interrupted");
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
    std::set<Session*> lent_;
    std::set<std::shared_ptr<SessionOpening>> openings_;
    std::uint64_t interrupts_ = 0; ///< calls of interrupt()
    const Duration wait_for_;
    const bool is_remote_;
    const SessionOpening::Open open_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
