#pragma once

#include <asyncjobs/store/outcomes.hpp>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr std::array<std::string_view, 6> submit_outcomes = {
    "created", "id_exists", "repeated", "key_taken", "replaced", "parent_missing"};
inline constexpr std::array<std::string_view, 5> cancel_outcomes = {
    "cancelled", "requested", "already_cancelled", "already_finished", "not_found"};
inline constexpr std::array<std::string_view, 5> retry_outcomes = {
    "retried", "not_finished", "already_completed", "key_taken", "not_found"};
inline constexpr std::array<std::string_view, 3> remove_outcomes = {"removed", "not_finished",
                                                                    "not_found"};
inline constexpr std::array<std::string_view, 6> run_now_outcomes = {
    "made_due", "already_due", "blocked", "already_running", "already_finished", "not_found"};

} // namespace detail

ASYNCJOBS_INLINE std::string_view to_string(Submitted::Outcome outcome) noexcept {
    return detail::submit_outcomes[static_cast<std::size_t>(outcome)];
}

ASYNCJOBS_INLINE std::string_view to_string(CancelOutcome outcome) noexcept {
    return detail::cancel_outcomes[static_cast<std::size_t>(outcome)];
}

ASYNCJOBS_INLINE std::string_view to_string(RetryOutcome outcome) noexcept {
    return detail::retry_outcomes[static_cast<std::size_t>(outcome)];
}

ASYNCJOBS_INLINE std::string_view to_string(RemoveOutcome outcome) noexcept {
    return detail::remove_outcomes[static_cast<std::size_t>(outcome)];
}

ASYNCJOBS_INLINE std::string_view to_string(RunNowOutcome outcome) noexcept {
    return detail::run_now_outcomes[static_cast<std::size_t>(outcome)];
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
