#pragma once

#include "store/dialect.hpp"

#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Returns the jobs that others of `jobs` wait for: they are inserted with 1 as `dependents`.
std::unordered_set<JobId> ids_waited_for(std::span<const NewJob> jobs);

/// Blocks those of `jobs` that name parents. All were inserted with the given outcomes; a job whose
/// parent is missing is deleted, and its outcome becomes `parent_missing`.
void block_children(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                    std::span<Submitted> outcomes);

/// See JobStore::promote(). Handles the jobs `known` and, with `looks_for_more`, further finished
/// ones. Appends to `left` jobs that have finished as well but exceed the limit.
std::vector<Promoted> promote(Session& session, const RowStatements& sql,
                              std::span<const JobId> known, bool looks_for_more, std::size_t limit,
                              CallTime now, std::vector<JobId>& left);

/// Notifies the children of a finished job.
void unblock_children_of(Session& session, const RowStatements& sql, const JobId& parent,
                         JobStatus status, CallTime now);

/// Removes the dependencies of deleted children.
void disconnect(Session& session, const RowStatements& sql, std::span<const JobId> children);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
