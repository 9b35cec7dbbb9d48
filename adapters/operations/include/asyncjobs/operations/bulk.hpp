#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/job_store.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// Registers the handler of the jobs that bulk actions of operators are. The executor must serve
/// Options::bulk_queue. A killed worker's action continues where it stopped.
///
/// Ownership      Borrows the client and the store, which must outlive the executor.
/// Errors         Throws Error (Errc::unsupported) for a store without JobStore::operators().
ASYNCJOBS_OPERATIONS_DECL void run_bulk_actions_on(Executor& executor, Client& client,
                                                   JobStore& store);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
