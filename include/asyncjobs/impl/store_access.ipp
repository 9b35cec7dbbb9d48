#pragma once

#include <asyncjobs/detail/complete_job.hpp>
#include <asyncjobs/detail/execution.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/detail/store_access.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <algorithm>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE void StoreAccess::close() {
    const std::unique_lock lock(mutex_);
    store_ = nullptr;
}

ASYNCJOBS_INLINE void StoreAccess::record(Execution& execution, const Step& step) {
    const Backoff pace{.first = std::chrono::milliseconds{20}, .most = std::chrono::seconds{1}};
    const std::shared_lock lock(mutex_);
    if (!store_) throw Interrupted{};
    for (int tries = 1; !try_to_record(execution, step); ++tries) {
        if (execution.stop_reason() != StopReason::none) throw Interrupted{};
        runtime_.make_event()->wait(runtime_.now() +
                                    backoff_delay(pace, tries, unit_interval(runtime_.random())));
    }
}

ASYNCJOBS_INLINE bool StoreAccess::try_to_record(Execution& execution, const Step& step) {
    const auto asked_at = runtime_.now();
    const Heartbeat heartbeat{execution.lease(), execution.take_unsent(), step};
    try {
        const auto renewal = store_->renew({&heartbeat, 1}, lease_for_).front();
        if (!renewal.kept) {
            execution.stop(StopReason::lease_lost);
            throw Interrupted{};
        }
        execution.renewed(asked_at);
        if (renewal.cancel_requested) execution.stop(StopReason::cancelled);
        return true;
    } catch (const Error& error) {
        if (heartbeat.progress) execution.mark_unsent();
        if (error.code() != Condition::retryable && error.code() != Errc::unknown_outcome) throw;
        return false;
    }
}

ASYNCJOBS_INLINE std::vector<Job> StoreAccess::parents_of(const JobId& id) {
    const std::shared_lock lock(mutex_);
    if (!store_) throw Interrupted{};
    std::vector<Job> parents;
    JobQuery query{.needed_by = id, .limit = 500};
    for (bool more = true; more;) {
        auto page = store_->list(query);
        more = page.more;
        std::ranges::move(page.jobs, std::back_inserter(parents));
        if (!parents.empty()) query.before = parents.back().id;
    }
    std::ranges::reverse(parents);
    return parents;
}

ASYNCJOBS_INLINE void StoreAccess::complete(NewJob& job) {
    const std::shared_lock lock(mutex_);
    if (!store_) throw Interrupted{};
    detail::complete(job, runtime_);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
