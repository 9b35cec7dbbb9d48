#include "bulk_runner.hpp"

#include <asyncjobs/executor.hpp>
#include <asyncjobs/operations/bulk.hpp>
#include <asyncjobs/operations/routes.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

struct BulkRunner::Impl {
    explicit Impl(LocalStore& local)
        : executor(local.store, {.queues = {operations::Options().bulk_queue}, .concurrency = 1}) {
        operations::run_bulk_actions_on(executor, local.client, local.store);
        executor.start();
    }

    Executor executor;
};

BulkRunner::BulkRunner(LocalStore& local) : impl_(std::make_unique<Impl>(local)) {}
BulkRunner::~BulkRunner() { impl_->executor.stop(std::chrono::seconds{1}); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
