#pragma once

#include "sql.hpp"

#include <asyncjobs/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::soci_adapter {

/// The statements that every dialect understands as they are.
namespace statements {

/// When the queue's next pending job is due: no row for an empty or a paused queue.
inline constexpr Sql next_due = {"SELECT run_at FROM jobs"
                                 " WHERE status = 'pending' AND queue = :queue AND NOT EXISTS"
                                 "  (SELECT 1 FROM job_queues WHERE name = :queue AND paused = 1)"
                                 " ORDER BY run_at, id LIMIT 1",
                                 "i"};

inline constexpr Sql held = {"SELECT " ASYNCJOBS_CLAIMED_COLUMNS " FROM jobs"
                             " WHERE status = 'processing' AND worker = :worker",
                             claimed_columns};

inline constexpr Sql any_expired_lease = {
    "SELECT 1 FROM jobs WHERE status = 'processing' AND lease_expires_at <= :now"
    " ORDER BY lease_expires_at LIMIT 1",
    "i"};

inline constexpr Sql any_to_purge = {"SELECT 1 FROM jobs WHERE expires_at <= :now"
                                     " ORDER BY expires_at LIMIT 1",
                                     "i"};

inline constexpr Sql cancel_pending = {
    "UPDATE jobs SET status = 'cancelled', cancelled_at = :now, expires_at = :now + retention,"
    " updated_at = :now, revision = revision + 1"
    " WHERE id = :id AND status = 'pending'"};

inline constexpr Sql request_cancel = {
    "UPDATE jobs SET cancel_requested_at = :now, updated_at = :now, revision = revision + 1"
    " WHERE id = :id AND status = 'processing' AND cancel_requested_at IS NULL"};

inline constexpr Sql remove = {"DELETE FROM jobs WHERE id = :id"};

inline constexpr Sql count_waiting = {
    "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status = 'pending' AND queue = :queue"
    " AND run_at <= :now ORDER BY run_at LIMIT :count_limit) AS found",
    "i"};

inline constexpr Sql count_processing = {
    "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE status = 'processing' AND queue = :queue"
    " ORDER BY lease_expires_at LIMIT :count_limit) AS found",
    "i"};

/// The sum and the number of the type's latest runs.
inline constexpr Sql latest_runs = {
    "SELECT sum(run), count(*) FROM (SELECT completed_at - started_at AS run FROM jobs"
    " WHERE status = 'completed' AND type = :type ORDER BY completed_at DESC LIMIT 20) AS found",
    "ii"};

inline constexpr Sql paused = {"SELECT paused FROM job_queues WHERE name = :queue", "i"};

} // namespace statements

/// Those of them that a dialect may put into words of its own.
struct OwnStatements {
    Sql held = statements::held;
    Sql any_expired_lease = statements::any_expired_lease;
    Sql count_processing = statements::count_processing;
    Sql latest_runs = statements::latest_runs;
};

/// What makes a planner read a page of jobs off an index in its order, instead of sorting.
struct PageWords {
    std::string_view jobs = "jobs"; ///< the table, with a hint
    /// Keeps an index of the column that follows from being used.
    std::string_view unindexed = {};
    std::string_view stopped = "status"; ///< the indexed column that says `failed` or `cancelled`
};

/// Newest first. The parameters are those members of `query` that are set, but its status, and the
/// limit.
std::string list_statement(const JobQuery& query, const PageWords& words);

} // namespace asyncjobs::soci_adapter
