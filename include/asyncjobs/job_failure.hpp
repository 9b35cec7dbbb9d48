#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Thrown by a handler to fail its attempt with a message for the API's client.
///
/// Any other exception fails the attempt, too, but clients then see only
/// error_code::internal_error, because an exception's text can hold values and secrets.
class ASYNCJOBS_VISIBLE JobFailure : public std::exception {
public:
    explicit JobFailure(std::string code, std::string message = {}, JsonText details = {})
        : error_{std::move(code), std::move(message), std::move(details)} {}

    /// A retry would not help: the job fails now, whatever attempts are left.
    JobFailure&& permanent() && noexcept {
        permanent_ = true;
        return std::move(*this);
    }

    /// The next attempt, if one is left, starts after `delay`, regardless of the retry policy.
    JobFailure&& retry_after(Duration delay) && noexcept {
        retry_after_ = delay;
        return std::move(*this);
    }

    const char* what() const noexcept override { return error_.message.c_str(); }
    const JobError& error() const noexcept { return error_; } ///< what the API's client sees
    bool is_permanent() const noexcept { return permanent_; } ///< see permanent()
    /// Empty: the policy decides.
    std::optional<Duration> retry_delay() const noexcept { return retry_after_; }

private:
    JobError error_;
    bool permanent_ = false;
    std::optional<Duration> retry_after_;
};

/// Thrown by a handler that can't do its work yet: the job is pending again for `delay`, and the
/// attempt is not charged. Do not catch it; like Interrupted, it is no std::exception.
struct ASYNCJOBS_VISIBLE Snooze {
    static constexpr Duration min_delay =
        std::chrono::milliseconds{100}; ///< minimum; a shorter delay is raised to it

    TimeSpan delay = std::chrono::seconds{1};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
