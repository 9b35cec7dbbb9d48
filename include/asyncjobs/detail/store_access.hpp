#pragma once

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/runtime.hpp>

#include <shared_mutex>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

class Execution;

/// What a handler reaches the store through. It may outlive the executor, and ends with it.
///
/// Blocking  Every member calls the store.
/// Errors    Interrupted when the executor is gone or the handler is to stop; Error as the store
///           threw it, where trying again does not help.
class ASYNCJOBS_DECL StoreAccess {
public:
    StoreAccess(JobStore& store, Runtime& runtime, Duration lease_for)
        : store_(&store), runtime_(runtime), lease_for_(lease_for) {}

    /// Waits for the calls that are under way.
    void close();

    /// Returns when the step is durable. Extends the lease.
    void record(Execution& execution, const Step& step);

    std::vector<Job> parents_of(const JobId& id);
    void complete(NewJob& job);

private:
    bool try_to_record(Execution& execution, const Step& step);

    std::shared_mutex mutex_;
    JobStore* store_; ///< null once closed
    Runtime& runtime_;
    const Duration lease_for_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/store_access.ipp>
#endif
