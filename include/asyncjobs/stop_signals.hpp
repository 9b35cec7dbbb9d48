#pragma once

#include <asyncjobs/executor.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Captures SIGINT and SIGTERM from its construction on, for stop(). For a process that only works
/// on jobs:
///
///     asyncjobs::StopSignals signals;
///     executor.start();
///     signals.stop(executor, 20s);
///
/// Thread-safety  None. Uses boost::asio::signal_set: compatible with a host's own sets, but not
///                with handlers installed otherwise.
class ASYNCJOBS_DECL StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Waits for a signal, and then calls `executor.stop(grace, grace_to_stop)`. A second signal
    /// stops at once: running jobs are released.
    void stop(Executor& executor, Duration grace, Duration grace_to_stop = std::chrono::seconds{5});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/stop_signals.ipp>
#endif
