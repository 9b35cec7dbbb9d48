#include "store/sql_operator_store.hpp"

#include "db/row_of.hpp"
#include "statements/statements.hpp"

#include <asyncjobs/store/operator_helpers.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::array worker_states = {WorkerState::running, WorkerState::quiet,
                                      WorkerState::stopping, WorkerState::stopped};

WorkerState parse_state(std::string_view text) {
    const auto found =
        std::ranges::find(worker_states, text, [](WorkerState state) { return to_string(state); });
    if (found == worker_states.end())
        throw Error(Errc::store_failure, "the store has a worker in an unknown state");
    return *found;
}

std::string names_to_text(const std::vector<std::string>& names) {
    return boost::json::serialize(boost::json::value_from(names));
}

std::vector<std::string> parse_names(const std::string& text) {
    return boost::json::value_to<std::vector<std::string>>(boost::json::parse(text));
}

/// Numbers without a sign are stored with the same bits.
std::uint64_t unsigned_number(std::int64_t stored) { return static_cast<std::uint64_t>(stored); }

/// Whatever has become of it.
template <const auto& columns>
std::optional<PendingOrder> read_order(RowOf<columns>& row) {
    const auto expires_at = row.optional_time("order_expires_at");
    if (!expires_at) return std::nullopt;
    PendingOrder pending{.expires_at = *expires_at};
    if (const auto quiet = row.optional_number("order_quiet")) pending.order.quiet = *quiet != 0;
    if (const auto concurrency = row.optional_number("order_concurrency"))
        pending.order.concurrency = static_cast<unsigned>(*concurrency);
    return pending;
}

std::optional<PendingOrder> unless_expired(std::optional<PendingOrder> pending, Timestamp now) {
    if (pending && pending->expires_at <= now) pending.reset();
    return pending;
}

WorkerRecord read_worker(Row cells, Timestamp now) {
    RowOf<columns::worker> row(cells);
    WorkerRecord record;
    WorkerReport& report = record.report;
    report.worker = row.take_text("worker");
    report.host = row.take_text("host");
    report.process = unsigned_number(row.number("process"));
    report.version = row.take_text("version");
    report.started_at = row.time("started_at");
    report.state = parse_state(row.text("state"));
    report.concurrency = static_cast<unsigned>(row.number("concurrency"));
    report.running = static_cast<unsigned>(row.number("running"));
    report.queues = parse_names(row.text("queues"));
    report.types = parse_names(row.text("types"));
    report.next_within = row.duration("next_within");
    record.last_heartbeat = row.time("last_heartbeat");
    record.pending = unless_expired(read_order(row), now);
    return record;
}

/// What the last heartbeat of a worker has left.
struct StoredRun {
    std::uint64_t run = 0;
    std::uint64_t number = 0;
    std::uint64_t order_number = 0;
    std::optional<PendingOrder> pending = {};

    bool read(Session& session, const Sql& statement, std::string_view worker) {
        return session.query(statement).for_first(
            [&](Row cells) {
                RowOf<columns::worker_run> row(cells);
                run = unsigned_number(row.number("run"));
                number = unsigned_number(row.number("number"));
                order_number = unsigned_number(row.number("order_number"));
                pending = read_order(row);
            },
            worker);
    }
};

void keep_report(Session& session, const Sql& statement, const WorkerHeartbeat& heartbeat,
                 const StoredRun& worker, Timestamp now) {
    const WorkerReport& report = heartbeat.report;
    std::optional<Timestamp> expires_at;
    if (worker.pending) expires_at = worker.pending->expires_at;
    session.query(statement).add_change(
        report.host, report.process, report.version, report.started_at, to_string(report.state),
        report.concurrency, report.running, names_to_text(report.queues),
        names_to_text(report.types), report.next_within, now, heartbeat.run, heartbeat.number,
        worker.order_number, expires_at, report.worker);
}

} // namespace

WorkerOrders SqlJobStore::Operators::heartbeat(const WorkerHeartbeat& heartbeat) {
    validate(heartbeat);
    const std::string& name = heartbeat.report.worker;
    return store_.transact(Access::writing, [&](Session& session, CallTime call) -> WorkerOrders {
        const Timestamp now = time_of(session, call);
        StoredRun worker;
        if (!worker.read(session, sql().fleet.worker_run, name)) {
            // Another transaction may have added it meanwhile, with a heartbeat.
            session.query(sql().fleet.add_worker).change(name);
            worker.read(session, sql().fleet.worker_run, name);
        }
        if (worker.order_number <= heartbeat.obeyed) worker.pending.reset();
        if (worker.run != heartbeat.run || worker.number < heartbeat.number) {
            worker.order_number = std::max(worker.order_number, heartbeat.obeyed);
            keep_report(session, sql().fleet.keep_report, heartbeat, worker, now);
            add_tallies(session, heartbeat.tallies);
        }
        worker.pending = unless_expired(worker.pending, now);
        if (!worker.pending) return {};
        return {.number = worker.order_number, .order = worker.pending->order};
    });
}

WorkerPage SqlJobStore::Operators::workers(std::string_view after, std::size_t limit) {
    check_workers(after, limit);
    return store_.transact(Access::reading, [&](Session& session, CallTime call) {
        WorkerPage page{.now = time_of(session, call)};
        session.query(sql().fleet.workers)
            .for_each(
                [&](Row row) {
                    if (page.workers.size() == limit)
                        page.next = page.workers.back().report.worker;
                    else
                        page.workers.push_back(read_worker(row, page.now));
                },
                after, limit + 1);
        return page;
    });
}

bool SqlJobStore::Operators::order(std::string_view worker, const WorkerOrder& order,
                                   Duration valid_for) {
    check_order(worker, order, valid_for);
    return store_.transact(Access::writing, [&](Session& session, CallTime call) {
        const Timestamp now = time_of(session, call);
        std::optional<WorkerRecord> found;
        session.query(sql().fleet.worker_to_order)
            .for_first([&](Row row) { found = read_worker(row, now); }, worker);
        if (!found || !takes_orders(*found, now)) return false;
        const WorkerOrder earlier = found->pending ? found->pending->order : WorkerOrder{};
        const WorkerOrder whole = merged(earlier, order);
        std::optional<int> quiet;
        if (whole.quiet) quiet = *whole.quiet ? 1 : 0;
        session.query(sql().fleet.keep_order)
            .change(quiet, whole.concurrency, now + valid_for, worker);
        return true;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
