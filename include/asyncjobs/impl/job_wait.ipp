#pragma once

#include <asyncjobs/store/job_wait.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline std::string in_words(Duration left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    constexpr std::int64_t a_minute = 60, an_hour = 3600, a_day = 86'400;
    if (seconds < 2 * a_minute) return fmt::format("{} s", seconds);
    if (seconds < 2 * an_hour) return fmt::format("{} min", seconds / a_minute);
    if (seconds < 2 * a_day) return fmt::format("{} h", seconds / an_hour);
    return fmt::format("{} days", seconds / a_day);
}

inline std::string counted(const Count& count, std::string_view one, std::string_view many) {
    const bool is_one = count == Count{1, Count::Precision::exact};
    return fmt::format("{} {}", to_string(count), is_one ? one : many);
}

inline std::string describe(const LimitWait& wait, Timestamp now) {
    const Limit& limit = wait.limit;
    std::string text = fmt::format("the limit \"{}\" holds it back", limit.name);
    if (!wait.counted_for.empty())
        text += fmt::format(", counted for the {} \"{}\"",
                            limit.scope == LimitScope::key ? "key" : "owner", wait.counted_for);
    if (limit.concurrency > 0)
        text += fmt::format("; {} of its {} slots are in use", wait.held, limit.concurrency);
    if (!wait.holders.empty())
        text += fmt::format(", the first by {}", wait.holders.front().text());
    if (wait.next_start && *wait.next_start > now)
        text +=
            fmt::format("; its rate allows the next start in {}", in_words(*wait.next_start - now));
    text += "; " + counted(wait.before, "job waits", "jobs wait") + " before it";
    return text;
}

inline std::string reason_of(const JobWait& wait) {
    if (wait.blocked_by > 0) {
        const Count open{wait.blocked_by, Count::Precision::exact};
        std::string text = "it waits for " + counted(open, "job that has not finished",
                                                     "jobs that have not finished");
        if (!wait.parents.empty()) text += fmt::format(", first {}", wait.parents.front().text());
        return text;
    }
    if (wait.not_before) return "it is due in " + in_words(*wait.not_before - wait.now);
    if (wait.limit) return describe(*wait.limit, wait.now);
    if (wait.paused_since) return {};
    return "it is due; " + counted(wait.before, "job", "jobs") + " will be claimed before it";
}

} // namespace detail

ASYNCJOBS_INLINE std::string describe(const JobWait& wait) {
    if (wait.status != JobStatus::pending)
        return fmt::format("The job does not wait: it is {}.", to_string(wait.status));
    std::string text = "The job waits: ";
    const std::string reason = detail::reason_of(wait);
    if (wait.paused_since) {
        text += fmt::format("its queue \"{}\" has been paused for {}", wait.queue,
                            detail::in_words(wait.now - *wait.paused_since));
        if (!reason.empty()) text += ", and ";
    }
    return text + reason + '.';
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
