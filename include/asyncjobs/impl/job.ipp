#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/job.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr std::array<std::string_view, 5> status_names = {
    "pending", "processing", "completed", "failed", "cancelled"};

inline void check_not_negative(std::string_view member, Duration value) {
    if (value < Duration::zero() || value > std::chrono::days{365 * 100})
        refuse(member, fmt::format("{} us", value.count()), "must be from 0 to a hundred years");
}

} // namespace detail

ASYNCJOBS_INLINE std::string_view to_string(JobStatus status) noexcept {
    return detail::status_names[static_cast<std::size_t>(status)];
}

ASYNCJOBS_INLINE std::optional<JobStatus> parse_job_status(std::string_view text) noexcept {
    for (std::size_t i = 0; i < detail::status_names.size(); ++i)
        if (detail::status_names[i] == text) return static_cast<JobStatus>(i);
    return std::nullopt;
}

namespace detail {

inline void check_time(std::string_view member, const std::optional<Timestamp>& value) {
    constexpr Timestamp first{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
    constexpr Timestamp last{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
    if (value && (*value < first || *value > last))
        refuse(member, fmt::format("{} us", value->time_since_epoch().count()),
               "must be in the years 1970 to 9999");
}

/// For the two ways to give a time.
inline void check_one_of(const std::optional<Timestamp>& at, std::string_view at_member,
                         Duration from_then, std::string_view member) {
    check_not_negative(member, from_then);
    check_time(at_member, at);
    if (at && from_then != Duration::zero())
        refuse(member, fmt::format("{} us", from_then.count()),
               fmt::format("must be 0 where {} is given", at_member));
}

inline void check_key(std::string_view member, const std::optional<std::string>& value) {
    if (!value) return;
    check_label(member, *value);
    if (value->empty()) refuse(member, "", "must not be empty");
}

inline void check_metadata(const JsonText& value) {
    const std::string_view text = value.text();
    const auto start = std::min(text.find_first_not_of(" \t\n\r"), text.size());
    const std::string_view head = text.substr(start, 1); // well-formed, so this identifies its type
    if (text.size() > NewJob::max_metadata || (head != "{" && head != "n"))
        refuse("metadata", text,
               fmt::format("must be a JSON object of at most {} bytes, or null",
                           NewJob::max_metadata));
}

inline void check_parents(const NewJob& job) {
    auto parents = job.after;
    std::ranges::sort(parents);
    const auto twice = std::ranges::adjacent_find(parents);
    if (twice != parents.end()) refuse("after", twice->text(), "must name a job once");
    if (std::ranges::binary_search(parents, job.id))
        refuse("after", job.id.text(), "must not be the job itself");
}

} // namespace detail

ASYNCJOBS_INLINE void validate(const NewJob& job) {
    detail::check_name("type", job.type);
    detail::check_name("queue", job.queue);
    detail::check_label("owner", job.owner);
    detail::check_key("unique_key", job.unique_key);
    detail::check_key("idempotency_key", job.idempotency_key);
    detail::check_key("limit_key", job.limit_key);
    detail::check_metadata(job.metadata);
    if (job.priority < 0 || job.priority > 100)
        detail::refuse("priority", std::to_string(job.priority), "must be from 0 to 100");
    if (job.max_attempts < 1 || job.max_attempts > 1000)
        detail::refuse("max_attempts", std::to_string(job.max_attempts), "must be from 1 to 1000");
    detail::check_one_of(job.run_at, "run_at", job.delay, "delay");
    detail::check_one_of(job.deadline, "deadline", job.start_within, "start_within");
    detail::check_not_negative("timeout", job.timeout);
    detail::check_not_negative("retention", job.retention);
    if (job.keep_failed) detail::check_not_negative("keep_failed", *job.keep_failed);
    detail::check_parents(job);
}

ASYNCJOBS_INLINE void validate(const Cancellation& cancellation) {
    const std::string_view reason = cancellation.reason;
    if (reason.size() > Cancellation::max_reason || detail::storable(reason) != reason)
        detail::refuse(
            "reason", reason,
            fmt::format("must be at most {} bytes of UTF-8 without NUL", Cancellation::max_reason));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
