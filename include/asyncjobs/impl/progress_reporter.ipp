#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/handler_store.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <algorithm>
#include <limits>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Rounded down; 100 if `total` is 0.
inline int percentage(std::uint64_t done, std::uint64_t total) noexcept {
    if (done >= total) return 100;
    const bool exact = done <= std::numeric_limits<std::uint64_t>::max() / 100;
    return static_cast<int>(exact ? done * 100 / total : done / (total / 100 + 1));
}

} // namespace detail

ASYNCJOBS_INLINE void ProgressReporter::report(int percent, std::string_view message) {
    if (attempt_.stop_reason() != detail::StopReason::none) throw Interrupted{};
    attempt_.report(percent, detail::shortened(message, max_message));
    attempt_.look_at_clock();
}

ASYNCJOBS_INLINE void ProgressReporter::report_share(std::uint64_t done, std::uint64_t total,
                                                     std::string_view message) {
    report(detail::percentage(done, total), message);
}

ASYNCJOBS_INLINE void ProgressReporter::check() const {
    attempt_.look_at_clock();
    if (attempt_.stop_reason() != detail::StopReason::none) throw Interrupted{};
}

ASYNCJOBS_INLINE std::stop_token ProgressReporter::stop_token() const noexcept {
    return attempt_.stop_token();
}

ASYNCJOBS_INLINE void ProgressReporter::mark_completed_externally() noexcept {
    attempt_.mark_completed_externally();
}

ASYNCJOBS_INLINE std::optional<JsonText>
ProgressReporter::result_of_step(std::string_view name) const {
    detail::check_name("the step's name", name);
    check();
    return attempt_.result_of(name);
}

ASYNCJOBS_INLINE void ProgressReporter::record_step(std::string_view name, JsonText result) {
    Step step{std::string(name), std::move(result)};
    attempt_.access().record(attempt_, step);
    attempt_.add_step(std::move(step));
}

ASYNCJOBS_INLINE std::vector<Job> ProgressReporter::parents(JobParts parts) const {
    std::vector<Job> found;
    attempt_.access().visit_parents_of(attempt_, parts,
                                       [&](Job&& parent) { found.push_back(std::move(parent)); });
    std::ranges::reverse(found);
    return found;
}

ASYNCJOBS_INLINE void
ProgressReporter::for_each_parent(const std::function<void(const Job&)>& visit,
                                  JobParts parts) const {
    attempt_.access().visit_parents_of(attempt_, parts, [&](Job&& parent) { visit(parent); });
}

ASYNCJOBS_INLINE JobId ProgressReporter::submit_with_result(NewJob job) {
    attempt_.access().complete(job);
    const JobId id = job.id;
    attempt_.add_follow_up(std::move(job));
    return id;
}

ASYNCJOBS_INLINE const ClaimedJob& ProgressReporter::job() const noexcept { return attempt_.job(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
