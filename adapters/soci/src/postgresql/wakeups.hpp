#pragma once

#include "postgresql/wake_up.hpp"
#include "store/dialect.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Wake-ups by LISTEN and NOTIFY, on a separate session and thread: they cost no transaction that
/// submits, and hints that are close in time are sent as one.
///
/// A lost session is reopened. Since hints may have been missed, it then reports every queue with
/// waiting jobs as ready.
class PostgresqlWakeups final : public Wakeups {
public:
    /// `table` is the name of the table of jobs, which identifies the store to its processes.
    PostgresqlWakeups(std::string connect_string, std::string settings, std::string table,
                      Notifier& notifier);
    ~PostgresqlWakeups() override;

private:
    using Clock = std::chrono::steady_clock;

    void run();
    void serve();
    bool connect();
    bool listen();
    void send_hints();
    void receive_hints();
    void announce_waiting_queues();

    void add(char kind, std::string_view what);
    std::set<std::string> take_hints();

    /// Runs a statement with at most one parameter; returns null if the session is lost or the
    /// store is closing.
    std::shared_ptr<PGresult> query(const std::string& statement,
                                    const std::string& parameter = {});
    /// Returns false when the store is closing.
    bool wait(short events, int timeout_milliseconds);
    bool is_stopping();

    const std::string connect_string_, settings_, table_;
    Notifier& notifier_;
    WakeUp wake_up_; ///< for hints to send, and for the stop
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
    std::string channel_;
    bool was_connected_ = false;
    Clock::time_point next_send_ = {};

    std::mutex mutex_;
    std::set<std::string> hints_; ///< to send: a character for the kind, then the queue or job id
    bool stopping_ = false;

    Notifier::Subscription on_ready_, on_cancel_requested_;
    std::thread thread_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
