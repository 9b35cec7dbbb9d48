#include "postgresql/wakeups.hpp"

#include "postgresql/array.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::size_t most_hints = 1000; ///< a dropped hint delays a job by a poll interval
constexpr std::chrono::milliseconds between_sends{5};
constexpr char ready = 'r', cancel_requested = 'c';

// The queues that have pending jobs, at one index lookup a queue.
constexpr const char* waiting_queues =
    "WITH RECURSIVE found AS ("
    " (SELECT queue FROM {0} WHERE status = 'pending' ORDER BY queue LIMIT 1)"
    " UNION ALL SELECT (SELECT queue FROM {0} WHERE status = 'pending' AND queue > found.queue"
    "  ORDER BY queue LIMIT 1) FROM found WHERE queue IS NOT NULL)"
    " SELECT queue FROM found WHERE queue IS NOT NULL";

std::chrono::milliseconds pause_before_try(int tries) {
    static thread_local std::minstd_rand random(std::random_device{}());
    const int longest = std::min(50 << std::min(tries, 10), 5'000);
    return std::chrono::milliseconds(std::uniform_int_distribution(longest / 4, longest)(random));
}

} // namespace

PostgresqlWakeups::PostgresqlWakeups(std::string connect_string, std::string settings,
                                     std::string table, Notifier& notifier)
    : connect_string_(std::move(connect_string)), settings_(std::move(settings)),
      table_(std::move(table)), notifier_(notifier),
      on_ready_(notifier.on_ready_here([this](std::string_view queue) { add(ready, queue); })),
      on_cancel_requested_(notifier.on_cancel_requested_here([this](std::span<const JobId> ids) {
          for (const JobId& id : ids) add(cancel_requested, id.text());
      })),
      thread_([this] { run(); }) {}

PostgresqlWakeups::~PostgresqlWakeups() {
    on_ready_ = {};
    on_cancel_requested_ = {};
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_up_.wake();
    thread_.join();
}

void PostgresqlWakeups::add(char kind, std::string_view what) {
    {
        const std::lock_guard lock(mutex_);
        if (hints_.size() >= most_hints) return;
        if (!hints_.insert(kind + std::string(what)).second) return;
    }
    wake_up_.wake();
}

std::set<std::string> PostgresqlWakeups::take_hints() {
    const std::lock_guard lock(mutex_);
    return std::exchange(hints_, {});
}

bool PostgresqlWakeups::is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

void PostgresqlWakeups::run() {
    for (int tries = 0; !is_stopping(); ++tries) {
        if (connect() && listen()) {
            if (was_connected_) announce_waiting_queues();
            was_connected_ = true;
            tries = 0;
            serve();
        }
        connection_.reset();
        const auto pause = pause_before_try(tries);
        const auto until = Clock::now() + pause;
        for (auto left = pause; left.count() > 0 && wait(0, static_cast<int>(left.count()));)
            left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    }
}

void PostgresqlWakeups::serve() {
    while (!is_stopping() && PQstatus(connection_.get()) == CONNECTION_OK) {
        send_hints();
        receive_hints();
        int timeout = -1;
        {
            const std::lock_guard lock(mutex_);
            if (!hints_.empty())
                timeout = static_cast<int>(std::max<std::int64_t>(
                    std::chrono::ceil<std::chrono::milliseconds>(next_send_ - Clock::now()).count(),
                    0));
        }
        if (!wait(POLLIN, timeout)) return;
        if (!PQconsumeInput(connection_.get())) return;
    }
}

bool PostgresqlWakeups::wait(short events, int timeout_milliseconds) {
    std::array<pollfd, 2> both = {{{wake_up_.descriptor(), POLLIN, 0}, {-1, events, 0}}};
    if (connection_ && events != 0) both[1].fd = PQsocket(connection_.get());
    ::poll(both.data(), both.size(), timeout_milliseconds);
    if (both[0].revents != 0) wake_up_.clear();
    return !is_stopping();
}

bool PostgresqlWakeups::connect() {
    connection_.reset(PQconnectStart(connect_string_.c_str()));
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return false;
    const auto give_up = Clock::now() + std::chrono::seconds{10};
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || Clock::now() > give_up) return false;
        if (!wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, 1'000)) return false;
        state = PQconnectPoll(connection_.get());
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    return true;
}

bool PostgresqlWakeups::listen() {
    // Only statements without parameters can be sent together.
    if (!PQsendQuery(connection_.get(), settings_.c_str()) || !query({})) return false;
    const auto table = query("SELECT CAST(CAST($1 AS regclass) AS oid)", table_);
    if (!table || PQntuples(table.get()) != 1) return false;
    channel_ = fmt::format("asyncjobs_{}", PQgetvalue(table.get(), 0, 0));
    return PQsendQuery(connection_.get(), ("LISTEN " + channel_).c_str()) && query({});
}

std::shared_ptr<PGresult> PostgresqlWakeups::query(const std::string& statement,
                                                   const std::string& parameter) {
    const char* const value = parameter.c_str();
    if (!statement.empty() &&
        !PQsendQueryParams(connection_.get(), statement.c_str(), parameter.empty() ? 0 : 1, nullptr,
                           &value, nullptr, nullptr, 0))
        return nullptr;
    std::shared_ptr<PGresult> last;
    for (;;) {
        while (PQisBusy(connection_.get()))
            if (!wait(POLLIN, -1) || !PQconsumeInput(connection_.get())) return nullptr;
        std::shared_ptr<PGresult> result(PQgetResult(connection_.get()), &PQclear);
        if (!result) return last;
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            while (PGresult* rest = PQgetResult(connection_.get())) PQclear(rest);
            return nullptr;
        }
        last = std::move(result);
    }
}

void PostgresqlWakeups::send_hints() {
    if (Clock::now() < next_send_) return;
    const auto hints = take_hints();
    if (hints.empty()) return;
    PostgresqlArray payloads;
    for (const auto& hint : hints) payloads.add(hint);
    if (!query(fmt::format("SELECT pg_notify('{}', hint) FROM unnest(CAST($1 AS text[])) AS hint",
                           channel_),
               payloads.text()))
        return;
    next_send_ = Clock::now() + between_sends;
}

void PostgresqlWakeups::receive_hints() {
    using Origin = Notifier::Origin;
    const int own_id = PQbackendPID(connection_.get());
    for (;;) {
        const std::unique_ptr<PGnotify, decltype(&PQfreemem)> note(PQnotifies(connection_.get()),
                                                                   &PQfreemem);
        if (!note) return;
        const std::string_view payload = note->extra;
        if (note->be_pid == own_id || payload.empty()) continue;
        const auto what = payload.substr(1);
        if (payload.front() == ready) notifier_.ready(what, Origin::elsewhere);
        if (payload.front() != cancel_requested) continue;
        if (const auto id = JobId::parse(what)) notifier_.cancel_requested(*id, Origin::elsewhere);
    }
}

void PostgresqlWakeups::announce_waiting_queues() {
    const auto queues = query(fmt::format(fmt::runtime(waiting_queues), table_));
    if (!queues) return;
    for (int i = 0; i < PQntuples(queues.get()); ++i)
        notifier_.ready(PQgetvalue(queues.get(), i, 0), Notifier::Origin::elsewhere);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
