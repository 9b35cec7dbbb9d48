#pragma once

#include <asyncjobs/detail/id_clock.hpp>
#include <asyncjobs/job_store.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/runtime.hpp>

#include <functional>
#include <shared_mutex>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

class Execution;

/// What a handler reaches the store through. It may outlive the executor, and ends with it.
///
/// Blocking  record(), report_start() and visit_parents_of() call the store, and wait while it
///           fails: until the lease has ended, or for as long as a lease lasts where it does not
///           end. The first failure is logged; in report_start(), only if it is no outage.
/// Errors    Interrupted when the executor is gone or the handler is to stop, and after that wait;
///           Error as the store threw it, if trying again does not help.
class ASYNCJOBS_DECL StoreAccess {
public:
    using Log = std::function<void(LogEntry::Level, const std::string&, const JobId&)>;

    StoreAccess(JobStore& store, Runtime& runtime, Duration lease_for, Log log = {})
        : store_(&store), runtime_(runtime), lease_for_(lease_for), log_(std::move(log)) {}

    /// Waits for the calls that are under way.
    void close();

    /// Returns when the step is durable. Extends the lease.
    void record(Execution& execution, const Step& step);

    /// Returns when the store knows that the job starts. Extends the lease. Where that can't be
    /// done, throws Interrupted, and never Error: the attempt, whose timeout has not begun, is given
    /// back.
    void report_start(Execution& execution);

    /// Calls `visit` with each, newest first; what is in memory at a time is bounded.
    void visit_parents_of(Execution& execution, JobParts parts,
                          const std::function<void(Job&&)>& visit);
    void complete(NewJob& job);

    /// Asks `execution` to stop if its lease or its time is over by the clock.
    void look_at_clock(Execution& execution);

private:
    struct Aim {
        std::string_view what;
        bool silent_in_outages = false;
    };
    template <typename Call>
    auto persist(Execution& execution, Aim aim, Call call);
    void pause(Execution& execution, int tries);
    void renew_with(Execution& execution, std::optional<Step> step);

    std::shared_mutex mutex_;
    JobStore* store_; ///< null once closed
    Runtime& runtime_;
    const Duration lease_for_;
    const Log log_; ///< the executor's; called while it is there only
    IdClock id_clock_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/store_access.ipp>
#endif
