#pragma once

#include "dialect.hpp"
#include "wake_up.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Wake-ups by LISTEN and NOTIFY, on a session and a thread of its own: no transaction that submits
/// pays for them, and hints that come close together are sent as one.
///
/// A session that was lost is opened again, and every queue with waiting jobs is then said to be
/// ready, as nobody knows what was missed.
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
    void tell_others();
    void hear();
    void say_waiting_queues_are_ready();

    void add(char kind, std::string_view what);
    std::set<std::string> take_hints();

    /// Runs a statement with one parameter; null if the session was lost or the store is closing.
    std::shared_ptr<PGresult> ask(const std::string& statement, const std::string& parameter = {});
    /// False when the store is closing.
    bool wait(short events, int timeout_milliseconds);
    bool is_stopping();

    const std::string connect_string_, settings_, table_;
    Notifier& notifier_;
    WakeUp wake_up_; ///< when there are hints to send, or when it is time to stop
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
    std::string channel_;
    bool was_connected_ = false;
    Clock::time_point next_telling_ = {};

    std::mutex mutex_;
    std::set<std::string> hints_; ///< to be sent: a letter for the kind, and the queue or the job
    bool stopping_ = false;

    Notifier::Subscription on_ready_, on_cancel_requested_;
    std::thread thread_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
