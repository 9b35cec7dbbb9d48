#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/handler_store.hpp>
#include <asyncjobs/job_context.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE const ClaimedJob& JobContext::job() const noexcept { return running().job(); }

ASYNCJOBS_INLINE const JobId& JobContext::id() const noexcept { return job().lease.id; }

ASYNCJOBS_INLINE int JobContext::attempt() const noexcept { return job().attempt; }

ASYNCJOBS_INLINE void JobContext::mark_completed_externally() noexcept {
    running().mark_completed_externally();
}

ASYNCJOBS_INLINE std::optional<JsonText> JobContext::result_of_step(std::string_view name) const {
    detail::check_name("the step's name", name);
    check();
    return running().result_of(name);
}

ASYNCJOBS_INLINE void JobContext::record_step(std::string_view name, JsonText result) {
    Step step{std::string(name), std::move(result)};
    running().access().record(running(), step);
    running().add_step(std::move(step));
}

ASYNCJOBS_INLINE std::vector<Job> JobContext::parents(JobParts parts) const {
    std::vector<Job> found;
    running().access().visit_parents_of(running(), parts,
                                        [&](Job&& parent) { found.push_back(std::move(parent)); });
    std::ranges::reverse(found);
    return found;
}

ASYNCJOBS_INLINE void JobContext::for_each_parent(const std::function<void(const Job&)>& visit,
                                                  JobParts parts) const {
    running().access().visit_parents_of(running(), parts, [&](Job&& parent) { visit(parent); });
}

ASYNCJOBS_INLINE JobId JobContext::submit_with_result(NewJob job) {
    running().access().complete(job);
    const JobId id = job.id;
    running().add_follow_up(std::move(job));
    return id;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
