#pragma once

#include <asyncjobs/handler.hpp>
#include <asyncjobs/soci/host_connection.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <concepts>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

/// Jobs that commit together with a host's own data: on the host's connection, inside the
/// transaction that the host has begun.
///
/// None of these functions begins, commits or rolls back, and none leaves a prepared statement.
/// Their writes take effect if and only if the host's commit succeeds.
///
/// The connection is to the database in which open_store() made the tables. Its encoding must be
/// UTF8, on MySQL and MariaDB `utf8mb4`. On MySQL and MariaDB, sql_safe_updates, a sql_select_limit
/// below a million, and the modes ORACLE and EMPTY_STRING_IS_NULL are refused.
///
/// Thread-safety  That of the connection: one thread at a time.
/// Blocking       Until the server has replied, also on a non-blocking connection.
/// Ownership      The connection is borrowed for the call.
/// Errors         Throw Error: Errc::invalid_argument for a job or an option that breaks a rule,
///                and for a null handle and another backend, encoding or setting; Errc::conflict
///                if no transaction is open, an earlier statement has failed it, or a PGconn is
///                executing a command or in pipeline mode; otherwise as JobStore. After any Error
///                the host must roll back; if `code() == Condition::retryable`, its transaction may
///                succeed when retried.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Where the store's tables are, named as in its URL's parameters.
struct HostTables {
    std::string schema = {}; ///< PostgreSQL only; empty: found by the connection's search_path
    std::string table_prefix = {};
};

/// Makes a pending job. A null id is replaced by a new one.
///
/// An id or a unique key that is taken is a return value, and leaves the transaction as it was. If
/// another open transaction has taken the key, the call waits for it, up to the connection's
/// lock timeout.
///
/// Executors find the job at their next poll. After the commit, `store.notifier().ready(queue)`
/// wakes those that share `store`.
ASYNCJOBS_SOCI_DECL Submitted submit(HostConnection connection, NewJob job,
                                     const HostTables& tables = {});

namespace detail {
ASYNCJOBS_SOCI_DECL std::vector<Submitted>
submit_all(HostConnection connection, std::vector<NewJob> jobs, const HostTables& tables);
}

/// Submits all of `jobs` or, if it throws, none. Returns the outcomes in the order of `jobs`.
inline std::vector<Submitted> submit(HostConnection connection, std::initializer_list<NewJob> jobs,
                                     const HostTables& tables = {}) {
    return detail::submit_all(connection, {jobs.begin(), jobs.end()}, tables);
}
/// The same for a vector of jobs.
template <std::same_as<std::vector<NewJob>> Jobs> // so that the braces of one job mean one job
std::vector<Submitted> submit(HostConnection connection, Jobs jobs, const HostTables& tables = {}) {
    return detail::submit_all(connection, std::move(jobs), tables);
}

/// Submits `input` as a job of type `Input::type`, with everything else from `job`.
template <detail::OneInput Input>
Submitted submit(HostConnection connection, const Input& input, NewJob job = {},
                 const HostTables& tables = {}) {
    return submit(connection, new_job(input, std::move(job)), tables);
}

/// Completes the job that a handler runs, in one commit with the handler's side effects, which then
/// happen exactly once: call it last, commit, and return.
///
/// Returns false if the lease was lost: nothing was written, and another worker may run the job.
/// Roll back and return.
///
/// After true, the handler's return value is ignored. If the transaction is not committed, the
/// attempt fails and the job is retried. The job's row stays locked until the commit.
[[nodiscard]] ASYNCJOBS_SOCI_DECL bool complete(HostConnection connection, JobContext& context,
                                                JsonText result = {},
                                                const HostTables& tables = {});

/// As above, for a worker that claims and settles without an Executor.
[[nodiscard]] ASYNCJOBS_SOCI_DECL bool complete(HostConnection connection, const LeaseRef& lease,
                                                JsonText result = {},
                                                const HostTables& tables = {});

} // namespace asyncjobs::inline ASYNCJOBS_ABI
