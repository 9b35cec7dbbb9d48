#pragma once

#include "store/dialect.hpp"

#include <functional>
#include <optional>
#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Returns the jobs that others of `jobs` wait for: they are inserted with 1 as `dependents`.
std::unordered_set<JobId> ids_waited_for(std::span<const NewJob> jobs);

/// What a dialect does in submit_in_order().
struct SubmitSteps {
    /// Submits jobs whose parents exist, and appends their outcomes.
    std::function<void(std::span<const NewJob>)> insert;
    /// Returns the outcome of a job whose id or key is taken; empty if neither is.
    std::function<std::optional<Submitted>(const NewJob&)> conflict;
};

/// Submits `jobs` as if one after the other, and appends their outcomes. Locks the parents first:
/// a job whose parent is missing is not inserted, so that it keeps no id and no key from later
/// jobs. Blocks those that wait for parents.
void submit_in_order(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                     const SubmitSteps& steps, std::vector<Submitted>& outcomes);

/// See JobStore::promote(). Handles the jobs `known` and, with `looks_for_more`, further finished
/// ones. Appends to `left` jobs that have finished as well but exceed the limit.
std::vector<Promoted> promote(Session& session, const RowStatements& sql,
                              std::span<const JobId> known, bool looks_for_more, std::size_t limit,
                              CallTime now, std::vector<JobId>& left);

/// Whether a job with this column `dependents` may have children to notify when it has finished.
bool has_children_to_notify(std::int64_t dependents) noexcept;

/// Notifies the children of a finished job, and returns those that this changes.
std::vector<Promoted> unblock_children_of(Session& session, const RowStatements& sql,
                                          const JobId& parent, JobStatus status, CallTime now);

/// Removes the dependencies of deleted children.
void disconnect(Session& session, const RowStatements& sql, std::span<const JobId> children);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
