#pragma once

#include <asyncjobs/store/operator_store.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What all callers see for a while.
struct Overview {
    StatusCounts counts = {};
    QueuePage queues = {};
    WorkerPage workers = {};
};

Overview read_overview(OperatorStore& operators);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
