#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/complete_job.hpp>
#include <asyncjobs/detail/handler_store.hpp>
#include <asyncjobs/detail/lease_keeper.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/progress_reporter.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <stop_token>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE void HandlerStore::close() {
    const std::unique_lock lock(mutex_);
    store_ = nullptr;
}

/// Calls until the store responds. An outage ends no attempt: the attempt is released after waiting
/// for the length of a lease. Other errors of the store are thrown then, and invalid arguments at
/// once.
template <typename Call>
auto HandlerStore::persist(Attempt& attempt, Aim aim, Call call) {
    const std::shared_lock lock(mutex_);
    if (!store_) throw Interrupted{};
    const auto began = runtime_.now();
    for (int tries = 1;; ++tries) {
        try {
            return call();
        } catch (const Error& error) {
            if (error.code() == Condition::invalid) throw;
            const bool logs = !aim.silent_in_outages || error.code() != Condition::retryable;
            if (tries == 1 && logs && log_)
                log_(LogEntry::Level::warning,
                     fmt::format("handler waits to {}: job store unavailable: {}", aim.what,
                                 error.what()),
                     attempt.lease().id);
            attempt.stop_if_over(runtime_.now(), LeaseKeeper::reliable(lease_for_));
            if (attempt.stop_reason() != StopReason::none) throw Interrupted{};
            if (runtime_.now() - began >= lease_for_) {
                if (error.code() != Condition::retryable) throw;
                attempt.stop(StopReason::lease_lost);
                throw Interrupted{};
            }
        }
        pause(attempt, tries);
    }
}

/// In an outage every slot may hold a job that waits here: the executor's log line is enough.
ASYNCJOBS_INLINE void HandlerStore::report_start(Attempt& attempt) {
    try {
        persist(attempt, {.what = "report its start", .silent_in_outages = true}, [&] {
            renew_with(attempt, {});
            return true;
        });
    } catch (const Error&) { // not a failure: the attempt has not begun
        attempt.stop(StopReason::lease_lost);
        throw Interrupted{};
    }
}

ASYNCJOBS_INLINE void HandlerStore::record(Attempt& attempt, const Step& step) {
    persist(attempt, {.what = "record a step"}, [&] {
        renew_with(attempt, step);
        return true;
    });
}

/// Ends early when the attempt is asked to stop.
ASYNCJOBS_INLINE void HandlerStore::pause(Attempt& attempt, int tries) {
    const Backoff pace{.first = std::chrono::milliseconds{20}, .most = std::chrono::seconds{1}};
    const std::shared_ptr<Event> event = runtime_.make_event();
    const std::stop_callback wake(attempt.stop_token(), [event] { event->set(); });
    event->wait(runtime_.now() + backoff_delay(pace, tries, unit_interval(runtime_.random())));
}

ASYNCJOBS_INLINE void HandlerStore::renew_with(Attempt& attempt, std::optional<Step> step) {
    const auto asked_at = runtime_.now();
    const Heartbeat heartbeat{attempt.lease(), attempt.take_unsent(), std::move(step),
                              attempt.has_unreported_start()};
    try {
        const auto renewal = store_->renew({&heartbeat, 1}, lease_for_).front();
        if (!renewal.kept) {
            attempt.stop(StopReason::lease_lost);
            throw Interrupted{};
        }
        attempt.renewed(asked_at);
        if (heartbeat.started) attempt.start_reported();
        if (renewal.cancel_requested) attempt.stop(StopReason::cancelled);
    } catch (const Error&) {
        if (heartbeat.progress) attempt.mark_unsent();
        throw;
    }
}

ASYNCJOBS_INLINE void HandlerStore::look_at_clock(Attempt& attempt) {
    const std::shared_lock lock(mutex_, std::try_to_lock);
    if (lock && store_) attempt.stop_if_over(runtime_.now(), LeaseKeeper::reliable(lease_for_));
}

ASYNCJOBS_INLINE void Attempt::look_at_clock() {
    if (access_) access_->look_at_clock(*this);
}

/// How many jobs of the average size `bytes / count` fit in a page.
inline std::size_t page_limit(std::size_t bytes, std::size_t count) {
    constexpr std::size_t page_bytes = 8 * 1024 * 1024;
    return std::clamp<std::size_t>(page_bytes * count / std::max<std::size_t>(bytes, 1), 1, 500);
}

inline std::size_t bytes_of(const Job& job) {
    return sizeof job + job.input.text().size() + job.metadata.text().size() +
           (job.result ? job.result->text().size() : 0) +
           (job.error ? job.error->details.text().size() : 0);
}

ASYNCJOBS_INLINE void HandlerStore::visit_parents_of(Attempt& attempt, JobParts parts,
                                                     const std::function<void(Job&&)>& visit) {
    JobQuery query{.needed_by = attempt.lease().id, .limit = 8, .parts = parts};
    for (bool more = true; more;) {
        auto page =
            persist(attempt, {.what = "read the parents"}, [&] { return store_->list(query); });
        more = page.more;
        if (!page.jobs.empty()) query.before = page.jobs.back().id;
        std::size_t bytes = 0;
        for (Job& job : page.jobs) {
            bytes += bytes_of(job);
            visit(std::move(job));
        }
        query.limit = page_limit(bytes, page.jobs.size());
    }
}

ASYNCJOBS_INLINE void HandlerStore::complete(NewJob& job) {
    const std::shared_lock lock(mutex_);
    if (!store_) throw Interrupted{};
    check_supported(job, store_->capabilities());
    detail::complete(job, runtime_, id_clock_);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
