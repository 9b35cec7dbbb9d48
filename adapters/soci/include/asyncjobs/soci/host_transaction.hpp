#pragma once

#include <asyncjobs/handler.hpp>
#include <asyncjobs/job_store.hpp>

#include <concepts>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace soci {
class session;
}

/// Jobs that commit together with a host's own data: on the host's connection, inside the
/// transaction that the host has begun.
///
/// None of these functions begins, commits or rolls back, and none leaves a statement behind. What
/// one did holds if and only if the host's commit succeeded.
///
/// The session is one of SOCI's SQLite, PostgreSQL or MySQL backend, to the database in which
/// open_store() made the tables. It needs no settings but the encoding UTF8. On MySQL and MariaDB
/// that is `utf8mb4`; sql_safe_updates, a sql_select_limit below a million, and the modes ORACLE
/// and EMPTY_STRING_IS_NULL are refused.
///
/// Thread-safety  That of the session: one thread at a time.
/// Ownership      The session is borrowed for the call.
/// Errors         Throw Error: Errc::invalid_argument for a job or an option that breaks a rule,
///                and for another backend, encoding or setting; Errc::conflict where no transaction
///                is open, or an earlier statement has failed it; else as JobStore. After any Error
///                the host rolls back; where `code() == Condition::retryable`, its transaction may
///                succeed when it is run again.
namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Where the store's tables are, as the parameters of its URL name it.
struct HostTables {
    std::string schema = {}; ///< PostgreSQL only; empty: found by the session's search_path
    std::string table_prefix = {};
};

/// Makes a pending job. A null id becomes a fresh one.
///
/// An id or a unique key that is taken is an answer, which leaves the transaction as it was. A key
/// that somebody else's open transaction has taken is waited for, as long as the session lets it.
///
/// Executors find the job at their next poll. One in this process finds it at once if it is told,
/// after the commit: `store.notifier().ready(queue)`.
ASYNCJOBS_SOCI_DECL Submitted submit(soci::session& session, NewJob job,
                                     const HostTables& tables = {});

namespace detail {
ASYNCJOBS_SOCI_DECL std::vector<Submitted>
submit_all(soci::session& session, std::vector<NewJob> jobs, const HostTables& tables);
}

/// All of them or, if it throws, none. Answers in the order of `jobs`.
inline std::vector<Submitted> submit(soci::session& session, std::initializer_list<NewJob> jobs,
                                     const HostTables& tables = {}) {
    return detail::submit_all(session, {jobs.begin(), jobs.end()}, tables);
}
template <std::same_as<std::vector<NewJob>> Jobs> // so that the braces of one job mean one job
std::vector<Submitted> submit(soci::session& session, Jobs jobs, const HostTables& tables = {}) {
    return detail::submit_all(session, std::move(jobs), tables);
}

/// Submits `input` as a job of type `Input::type`. Answers the id: of the job that has
/// `idempotency_key` or holds `unique_key` if one does.
template <detail::OneInput Input>
JobId submit(soci::session& session, const Input& input, NewJob job = {},
             const HostTables& tables = {}) {
    return submit(session, new_job(input, std::move(job)), tables).id;
}

/// Completes the job that a handler runs, in one commit with the handler's side effects, which then
/// happen exactly once: call it last, commit, and return.
///
/// False: the lease was lost, so that the job may be running elsewhere; nothing was written. Roll
/// back and return.
///
/// What the handler returns counts no more after true: if the transaction is not committed after
/// all, the attempt has failed and the job is tried again. Until the commit, the job's row is
/// locked.
ASYNCJOBS_SOCI_DECL bool complete(soci::session& session, ProgressReporter& progress,
                                  JsonText result = {}, const HostTables& tables = {});

/// The same for a worker that claims and settles without an Executor.
ASYNCJOBS_SOCI_DECL bool complete(soci::session& session, const LeaseRef& lease,
                                  JsonText result = {}, const HostTables& tables = {});

} // namespace asyncjobs::inline ASYNCJOBS_ABI
