#pragma once

#include "session.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A session that is being opened on a thread of its own: client libraries can't be interrupted
/// while they look up a name, connect and log in, so whoever waits for that leaves it behind. The
/// thread ends when the library gives up, and uses nothing but this object.
///
/// Thread-safety  Full.
class SessionOpening {
public:
    using Open = std::function<std::unique_ptr<Session>()>;

    /// Where there is no thread, it is opened before this returns. `open` owns what it needs.
    static std::shared_ptr<SessionOpening> start(Open open) {
        auto opening = std::make_shared<SessionOpening>();
        try {
            std::thread([opening, open] { opening->run(open); }).detach();
        } catch (const std::system_error&) {
            opening->run(open);
        }
        return opening;
    }

    /// Throws what opening it threw. Null after abandon().
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
    enum class State { under_way, ended, abandoned };

    void run(const Open& open) noexcept {
        std::unique_ptr<Session> session; // closed here if nobody takes it
        std::exception_ptr error;
        try {
            session = open();
        } catch (...) {
            error = std::current_exception();
        }
        {
            const std::lock_guard lock(mutex_);
            if (state_ == State::abandoned) return;
            state_ = State::ended;
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
