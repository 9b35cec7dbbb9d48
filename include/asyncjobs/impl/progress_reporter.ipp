#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/execution.hpp>
#include <asyncjobs/detail/store_access.hpp>
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
    if (execution_.stop_reason() != detail::StopReason::none) throw Interrupted{};
    execution_.report(percent, detail::shortened(message, max_message));
    execution_.look_at_clock();
}

ASYNCJOBS_INLINE void ProgressReporter::report_share(std::uint64_t done, std::uint64_t total,
                                                     std::string_view message) {
    report(detail::percentage(done, total), message);
}

ASYNCJOBS_INLINE void ProgressReporter::check() const {
    execution_.look_at_clock();
    if (execution_.stop_reason() != detail::StopReason::none) throw Interrupted{};
}

ASYNCJOBS_INLINE std::stop_token ProgressReporter::stop_token() const noexcept {
    return execution_.stop_token();
}

ASYNCJOBS_INLINE void ProgressReporter::completes_itself() noexcept {
    execution_.set_completes_itself();
}

ASYNCJOBS_INLINE std::optional<JsonText>
ProgressReporter::result_of_step(std::string_view name) const {
    detail::check_name("the step's name", name);
    check();
    return execution_.result_of(name);
}

ASYNCJOBS_INLINE void ProgressReporter::record_step(std::string_view name, JsonText result) {
    Step step{std::string(name), std::move(result)};
    execution_.access().record(execution_, step);
    execution_.add_step(std::move(step));
}

ASYNCJOBS_INLINE std::vector<Job> ProgressReporter::parents(JobParts parts) const {
    std::vector<Job> found;
    execution_.access().visit_parents_of(execution_, parts,
                                         [&](Job&& parent) { found.push_back(std::move(parent)); });
    std::ranges::reverse(found);
    return found;
}

ASYNCJOBS_INLINE void
ProgressReporter::for_each_parent(const std::function<void(const Job&)>& visit,
                                  JobParts parts) const {
    execution_.access().visit_parents_of(execution_, parts, [&](Job&& parent) { visit(parent); });
}

ASYNCJOBS_INLINE JobId ProgressReporter::submit_with_result(NewJob job) {
    execution_.access().complete(job);
    const JobId id = job.id;
    execution_.add_follow_up(std::move(job));
    return id;
}

ASYNCJOBS_INLINE const ClaimedJob& ProgressReporter::job() const noexcept {
    return execution_.job();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
