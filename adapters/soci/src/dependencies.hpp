#pragma once

#include "dialect.hpp"

#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The jobs that others wait for: they are inserted with 1 as `dependents`.
std::unordered_set<JobId> ids_waited_for(std::span<const NewJob> jobs);

/// Makes those of `jobs` wait that name parents. All have been inserted as `answers` say; one whose
/// parent is missing is taken back, and its answer says so.
void block_children(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                    std::span<Submitted> answers);

/// See JobStore::unblock(). Looks at the jobs `known`, and with `looks_for_more` for others.
/// Appends to `left` what has finished as well and was not looked at any more.
std::vector<Unblocked> unblock(Session& session, const RowStatements& sql,
                               std::span<const JobId> known, bool looks_for_more, std::size_t limit,
                               CallTime now, std::vector<JobId>& left);

/// Tells the children of one job that has finished.
void unblock_children_of(Session& session, const RowStatements& sql, const JobId& parent,
                         JobStatus status, CallTime now);

/// Of children that are deleted.
void disconnect(Session& session, const RowStatements& sql, std::span<const JobId> children);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
