#pragma once

#include "db/session.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A session that is being opened on a separate thread: client libraries can't be interrupted while
/// they look up a name, connect and log in, so an interrupted caller abandons it. The thread ends
/// when the library returns, and uses nothing but this object.
///
/// Thread-safety  Full.
class SessionOpening {
public:
    using Open = std::function<std::unique_ptr<Session>()>;

    /// If no thread can be started, opens the session before it returns. `open` must own its data.
    static std::shared_ptr<SessionOpening> start(Open open) {
        auto opening = std::make_shared<SessionOpening>();
        try {
            std::thread([opening, open] { opening->run(open); }).detach();
        } catch (const std::system_error&) {
            opening->run(open);
        }
        return opening;
    }

    /// Waits for the session; rethrows the error of opening it. Null after abandon().
    std::unique_ptr<Session> wait() {
        std::unique_lock lock(mutex_);
        is_over_.wait(lock, [this] { return state_ != State::under_way; });
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        return std::move(session_);
    }

    void abandon() noexcept {
        {
            const std::lock_guard lock(mutex_);
            if (state_ == State::under_way) state_ = State::abandoned;
        }
        is_over_.notify_all();
    }

private:
    enum class State { under_way, done, abandoned };

    void run(const Open& open) noexcept {
        std::unique_ptr<Session> session; // closed here if abandoned
        std::exception_ptr error;
        try {
            session = open();
        } catch (...) {
            error = std::current_exception();
        }
        {
            const std::lock_guard lock(mutex_);
            if (state_ == State::abandoned) return;
            state_ = State::done;
            session_ = std::move(session);
            error_ = std::move(error);
        }
        is_over_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable is_over_;
    State state_ = State::under_way;
    std::unique_ptr<Session> session_;
    std::exception_ptr error_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
