#include <asyncjobs/soci/host_transaction.hpp>

#include "store/host_session.hpp"

#include <asyncjobs/detail/id_clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace {

using namespace soci_adapter;

void check(const HostTables& tables, std::string_view backend) {
    constexpr std::size_t max_schema = 63;
    const auto may_stand = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '$';
    };
    if (!tables.table_prefix.empty()) check_table_prefix(tables.table_prefix);
    if (tables.schema.empty()) return;
    if (backend != "postgresql")
        throw Error(Errc::invalid_argument,
                    fmt::format("schema is set, but the connection's database is {}; only "
                                "PostgreSQL has schemas",
                                backend));
    if (tables.schema.size() > max_schema || !std::ranges::all_of(tables.schema, may_stand))
        throw Error(
            Errc::invalid_argument,
            fmt::format("schema must be 1 to {} characters of A-Z a-z 0-9 _ $ -", max_schema));
}

/// Returns the database's name, as SOCI's backend has it.
std::string backend_of(HostConnection host) {
    switch (host.kind()) {
    case HostConnection::Kind::sqlite:
        return "sqlite3";
    case HostConnection::Kind::postgresql:
        return "postgresql";
    case HostConnection::Kind::mysql:
        return "mysql";
    case HostConnection::Kind::soci:
        break;
    }
    return static_cast<soci::session*>(host.handle())->get_backend_name();
}

HostSession borrow(HostConnection host, const HostTables& tables) {
    if (!host.handle()) throw Error(Errc::invalid_argument, "the connection's handle is null");
    const std::string backend = backend_of(host);
    check(tables, backend);
    if (backend == "sqlite3") return borrow_sqlite(host, tables);
#ifdef ASYNCJOBS_HAS_POSTGRESQL
    if (backend == "postgresql") return borrow_postgresql(host, tables);
#endif
#ifdef ASYNCJOBS_HAS_MYSQL
    if (backend == "mysql") return borrow_mysql(host, tables);
#endif
    throw Error(
        Errc::invalid_argument,
        fmt::format("the connection's database is {}, which this build does not support", backend));
}

/// Runs `work(dialect, session, now)`.
template <typename Work>
auto inside(HostConnection host, const HostTables& tables, Work work) {
    const auto [dialect, session] = borrow(host, tables);
    try {
        return work(dialect, *session, dialect.now(*session));
    } catch (const soci::soci_error& error) {
        const Fault fault = dialect.classify(*session, error, Stage::working);
        throw Error(fault.code, fault.message);
    }
}

std::uint64_t random_bits() {
    thread_local std::random_device device;
    return std::uniform_int_distribution<std::uint64_t>{}(device);
}

} // namespace

std::vector<Submitted> detail::submit_all(HostConnection connection, std::vector<NewJob> jobs,
                                          const HostTables& tables) {
    if (jobs.empty()) return {};
    return inside(connection, tables, [&](const Dialect& dialect, Session& session, CallTime now) {
        const auto today =
            now.value_or(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
        detail::IdClock clock;
        for (NewJob& job : jobs) {
            make_unique_key(job, today);
            if (job.id == JobId())
                job.id = JobId::make(clock.next(today), random_bits(), random_bits());
            validate(job);
        }
        std::vector<Submitted> outcomes;
        outcomes.reserve(jobs.size());
        dialect.submit(session, jobs, now, outcomes);
        return outcomes;
    });
}

Submitted submit(HostConnection connection, NewJob job, const HostTables& tables) {
    std::vector<NewJob> jobs;
    jobs.push_back(std::move(job));
    return submit(connection, std::move(jobs), tables).front();
}

bool complete(HostConnection connection, const LeaseRef& lease, JsonText result,
              const HostTables& tables) {
    const auto completed = Settlement::completed(lease, std::move(result));
    return inside(connection, tables, [&](const Dialect& dialect, Session& session, CallTime now) {
        Exchange exchange;
        dialect.settle(session, {&completed, 1}, now, exchange);
        return exchange.settled.front().accepted;
    });
}

bool complete(HostConnection connection, JobContext& context, JsonText result,
              const HostTables& tables) {
    if (!complete(connection, context.job().lease, std::move(result), tables)) return false;
    context.mark_completed_externally();
    return true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
