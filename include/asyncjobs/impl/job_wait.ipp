#pragma once

#include <asyncjobs/detail/sentences.hpp>
#include <asyncjobs/store/job_wait.hpp>

#include <fmt/format.h>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// ` (job-... and 2 more)`, of `count` jobs.
inline std::string in_brackets(const std::vector<JobId>& some, std::size_t count) {
    if (some.empty()) return {};
    const std::string others = count > 1 ? fmt::format(" and {} more", count - 1) : std::string();
    return fmt::format(" ({}{})", some.front().text(), others);
}

inline std::string counted_for(const LimitWait& wait) {
    if (wait.limit.scope == LimitScope::limit) return {};
    if (wait.limit.scope == LimitScope::key)
        return fmt::format("for the key \"{}\", ", wait.counted_for);
    if (wait.counted_for.empty()) return "for jobs without an owner, ";
    return fmt::format("for the owner \"{}\", ", wait.counted_for);
}

inline std::string describe(const LimitWait& wait, Timestamp now) {
    const Limit& limit = wait.limit;
    std::string text =
        fmt::format("the limit \"{}\" holds it back: {}", limit.name, counted_for(wait));
    if (limit.concurrency > 0)
        text += fmt::format("{} of {} {} {} in use{}, ", wait.held, limit.concurrency,
                            limit.concurrency == 1 ? "slot" : "slots",
                            wait.held == 1 ? "is" : "are", in_brackets(wait.holders, wait.held));
    if (wait.next_start && *wait.next_start > now)
        text += fmt::format("the next start is in {}, ", in_words(*wait.next_start - now));
    if (limit.round_robin) text += "jobs start in turns, ";
    const bool is_alone = text.ends_with(": ");
    return text + (is_alone ? "" : "and ") + jobs_that(wait.before, "waits", "wait") + " before it";
}

/// `1 is busy`, `2 are busy`: `one` and `many` are the verbs.
inline std::string workers_that(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

inline std::string describe(const WorkerWait& wait, std::string_view type) {
    if (wait.workers == 0)
        return fmt::format("but no living worker serves its queue and has a handler for its type "
                           "\"{}\"",
                           type);
    const std::string busy = workers_that(wait.busy, "is busy", "are busy");
    const std::string quiet = workers_that(wait.quiet, "claims nothing", "claim nothing");
    return fmt::format("and of {} {} that could run it {}{}{}", wait.workers,
                       wait.workers == 1 ? "worker" : "workers", wait.busy > 0 ? busy : "",
                       wait.busy > 0 && wait.quiet > 0 ? " and " : "", wait.quiet > 0 ? quiet : "");
}

inline std::string reason_of_due(const JobWait& wait) {
    const bool is_next = wait.before == Count{};
    if (!wait.workers && is_next) return "it is due, and the next one to be claimed";
    const std::string before = jobs_that(wait.before, "is", "are") + " to be claimed before it";
    if (!wait.workers) return "it is due, and " + before;
    return "it is due, " + (is_next ? "" : before + ", ") + describe(*wait.workers, wait.type);
}

inline std::string reason_of(const JobWait& wait) {
    if (wait.blocked_by > 0)
        return fmt::format("{} of its parents {} not finished{}", wait.blocked_by,
                           wait.blocked_by == 1 ? "has" : "have",
                           in_brackets(wait.parents, wait.blocked_by));
    if (wait.not_before) return "it is due in " + in_words(*wait.not_before - wait.now);
    if (wait.limit) return describe(*wait.limit, wait.now);
    return reason_of_due(wait);
}

} // namespace detail

ASYNCJOBS_INLINE std::string describe(const JobWait& wait) {
    if (wait.status != JobStatus::pending)
        return fmt::format("The job does not wait: it is {}.", to_string(wait.status));
    const std::string reason = detail::reason_of(wait);
    if (!wait.paused_since) return fmt::format("The job waits: {}.", reason);
    return fmt::format("The job waits: its queue \"{}\" has been paused for {}, and {}.",
                       wait.queue, detail::in_words(wait.now - *wait.paused_since), reason);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
