#pragma once

#include <asyncjobs/executor.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// SIGINT and SIGTERM, which are kept for stop() from the construction on. For a process that does
/// nothing but work:
///
///     asyncjobs::StopSignals signals;
///     executor.start();
///     signals.stop(executor, 20s);
///
/// Thread-safety  None. Uses boost::asio::signal_set, so a host's own sets of it may be there, and
///                handlers that are installed otherwise may not.
class ASYNCJOBS_DECL StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Waits for a signal, and then for `executor.stop(grace, grace_to_stop)`. A second signal
    /// makes that immediate: what runs is given back.
    void stop(Executor& executor, Duration grace, Duration grace_to_stop = std::chrono::seconds{5});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/stop_signals.ipp>
#endif
