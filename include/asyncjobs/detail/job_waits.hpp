#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/detail/call_batcher.hpp>
#include <asyncjobs/detail/watch_loop.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Waits for the ends of jobs without a thread each: reads the job, watches it if it is not
/// finished, and reads it again when its time is over.
///
/// Thread-safety  Full.
/// Ownership      Store, runtime and the functions must be valid until close() has returned.
class ASYNCJOBS_DECL JobWaits : public std::enable_shared_from_this<JobWaits> {
public:
    using Done = std::function<void(std::exception_ptr, std::optional<Job>)>;
    class Wait;
    using WaitPtr = std::shared_ptr<Wait>;

    /// `post` posts to a thread that may block; `watches` returns the loop that follows the jobs.
    JobWaits(JobStore& store, Runtime& runtime, std::function<void(Task)> post,
             std::function<std::shared_ptr<WatchLoop>()> watches);

    /// Calls `done` once, on a thread of the library, unless the wait is cancelled.
    WaitPtr start(const JobId& id, Duration at_most, Done done);

    /// `done` is not called any more, or is being called.
    void cancel(const WaitPtr& wait);

    /// Fails all waits. Call it once no posted task runs any more.
    void close(const std::exception_ptr& fault);

private:
    using Deadlines = std::multimap<SteadyTime, WaitPtr>;

    void read(const WaitPtr& wait);
    void look(const WaitPtr& wait, Outcome<std::optional<Job>> outcome);
    void follow(const WaitPtr& wait);
    void expire();
    void arm();
    void finish(const WaitPtr& wait, const std::exception_ptr& error, std::optional<Job> job);
    Done end(const WaitPtr& wait);

    Runtime& runtime_;
    const std::function<std::shared_ptr<WatchLoop>()> watches_;
    CallBatcher<JobId, std::optional<Job>> reads_;
    std::mutex mutex_; ///< guards the members of the waits, too
    Deadlines deadlines_;
    std::unique_ptr<Timer> timer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job_waits.ipp>
#endif
