#pragma once

#include <asyncjobs/detail/id_clock.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <functional>
#include <shared_mutex>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

class Attempt;

/// A handler's access to the store. May outlive the executor, and is closed with it.
///
/// Blocking       record(), report_start() and visit_parents_of() call the store, and wait while it
///                fails: until the lease has ended, or for the length of a lease if it is renewed.
///                The first failure is logged; in report_start(), only if it is no outage.
/// Errors         Interrupted when the executor is destroyed or the handler is to stop, and after
///                that wait; Error as the store threw it, if a retry does not help.
class ASYNCJOBS_DECL HandlerStore {
public:
    using Log = std::function<void(LogEntry::Level, const std::string&, const JobId&)>;

    HandlerStore(JobStore& store, Runtime& runtime, Duration lease_for, Log log = {})
        : store_(&store), runtime_(runtime), lease_for_(lease_for), log_(std::move(log)) {}

    /// Waits for active calls.
    void close();

    /// Returns when the step is durable. Extends the lease.
    void record(Attempt& attempt, const Step& step);

    /// Returns when the store has recorded the start. Extends the lease. If that fails, throws
    /// Interrupted, never Error: the attempt, whose timeout has not begun, is released.
    void report_start(Attempt& attempt);

    /// Calls `visit` with each, newest first, with bounded memory.
    void visit_parents_of(Attempt& attempt, JobParts parts,
                          const std::function<void(Job&&)>& visit);
    void complete(NewJob& job);

    /// Requests `attempt` to stop if its lease or its timeout is over by the clock.
    void look_at_clock(Attempt& attempt);

private:
    struct Aim {
        std::string_view what;
        bool silent_in_outages = false;
    };
    template <typename Call>
    auto persist(Attempt& attempt, Aim aim, Call call);
    void pause(Attempt& attempt, int tries);
    void renew_with(Attempt& attempt, std::optional<Step> step);

    std::shared_mutex mutex_;
    JobStore* store_; ///< null once closed
    Runtime& runtime_;
    const Duration lease_for_;
    const Log log_; ///< the executor's; called only while that exists
    IdClock id_clock_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/handler_store.ipp>
#endif
