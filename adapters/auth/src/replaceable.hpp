#pragma once

#include <asyncjobs/config.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// A value that is replaced as a whole while other threads read it.
///
/// Thread-safety  Full.
template <typename T>
class Replaceable {
public:
    explicit Replaceable(T value) : value_(std::make_shared<const T>(std::move(value))) {}

    void set(T value) {
        auto next = std::make_shared<const T>(std::move(value));
        const std::lock_guard lock(mutex_);
        value_.swap(next);
    }

    std::shared_ptr<const T> get() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
