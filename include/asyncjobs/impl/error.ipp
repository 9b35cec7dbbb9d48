#pragma once

#include <asyncjobs/error.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

class ASYNCJOBS_VISIBLE ErrorCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "asyncjobs"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
        case Errc::invalid_argument:
            return "invalid argument";
        case Errc::invalid_payload:
            return "invalid payload";
        case Errc::not_found:
            return "no such job";
        case Errc::conflict:
            return "conflict with the job's status";
        case Errc::store_busy:
            return "the store is busy";
        case Errc::store_unavailable:
            return "the store can't be reached";
        case Errc::store_full:
            return "the store is full";
        case Errc::unknown_outcome:
            return "the outcome is unknown";
        case Errc::store_failure:
            return "the store failed";
        case Errc::schema_mismatch:
            return "the store's tables do not match";
        case Errc::unsupported:
            return "the store does not support it";
        case Errc::overloaded:
            return "overloaded";
        case Errc::stopped:
            return "stopped";
        }
        return "unknown error";
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<Errc>(value)) {
        case Errc::invalid_argument:
        case Errc::invalid_payload:
        case Errc::unsupported:
            return Condition::invalid;
        case Errc::not_found:
            return Condition::not_found;
        case Errc::conflict:
            return Condition::conflict;
        case Errc::store_busy:
        case Errc::store_unavailable:
        case Errc::store_full:
        case Errc::unknown_outcome:
        case Errc::overloaded:
            return Condition::retryable;
        case Errc::store_failure:
        case Errc::schema_mismatch:
        case Errc::stopped:
            break;
        }
        return std::error_condition(value, *this);
    }
};

class ASYNCJOBS_VISIBLE ConditionCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "asyncjobs.condition"; }

    std::string message(int value) const override {
        switch (static_cast<Condition>(value)) {
        case Condition::retryable:
            return "a retry may help";
        case Condition::conflict:
            return "conflict";
        case Condition::not_found:
            return "not found";
        case Condition::invalid:
            return "invalid request";
        }
        return "unknown condition";
    }

    bool equivalent(const std::error_code& code, int value) const noexcept override {
        const auto condition = code.default_error_condition();
        return condition.value() == value &&
               condition.category().name() == std::string_view(name());
    }
};

} // namespace detail

ASYNCJOBS_INLINE const std::error_category& error_category() noexcept {
    static const detail::ErrorCategory category;
    return category;
}

ASYNCJOBS_INLINE const std::error_category& condition_category() noexcept {
    static const detail::ConditionCategory category;
    return category;
}

ASYNCJOBS_INLINE std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

ASYNCJOBS_INLINE std::error_condition make_error_condition(Condition condition) noexcept {
    return {static_cast<int>(condition), condition_category()};
}

ASYNCJOBS_INLINE bool operator==(const std::error_code& code, Errc expected) noexcept {
    return code.value() == static_cast<int>(expected) &&
           code.category().name() == std::string_view(error_category().name());
}

ASYNCJOBS_INLINE Error::Error(Errc code, const std::string& message)
    : std::system_error(make_error_code(code), message) {}

ASYNCJOBS_INLINE std::string Error::message() const {
    std::string_view message = what();
    const auto end = std::string_view(": ").size() + code().message().size();
    message.remove_suffix(std::min(end, message.size()));
    return std::string(message);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
