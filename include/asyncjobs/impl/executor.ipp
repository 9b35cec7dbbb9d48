#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/executor.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct Executor::Impl {
    Impl(JobStore& store, std::shared_ptr<Runtime> own_runtime, ExecutorOptions options)
        : runtime(std::move(own_runtime)), core(store, *runtime, std::move(options)) {}

    std::shared_ptr<Runtime> runtime;
    detail::ExecutorCore core;
};

ASYNCJOBS_INLINE Executor::Executor(JobStore& store, ExecutorOptions options)
    : Executor(store, make_runtime(), std::move(options)) {}

ASYNCJOBS_INLINE Executor::Executor(JobStore& store, std::shared_ptr<Runtime> runtime,
                                    ExecutorOptions options) try
    : impl_(std::make_unique<Impl>(store, std::move(runtime), std::move(options))) {
} catch (...) {
    detail::rethrow_as_error("an executor");
}

ASYNCJOBS_INLINE Executor::~Executor() = default;

ASYNCJOBS_INLINE void Executor::handle(TypeName type, HandlerFunction function,
                                       HandlerOptions options) {
    impl_->core.handle(std::move(type), {std::move(function), {}, std::move(options)});
}

ASYNCJOBS_INLINE void Executor::handle_async(TypeName type, AsyncHandlerFunction function,
                                             HandlerOptions options) {
    impl_->core.handle(std::move(type), {{}, std::move(function), std::move(options)});
}

ASYNCJOBS_INLINE void Executor::use(Middleware middleware) {
    impl_->core.use(std::move(middleware));
}

ASYNCJOBS_INLINE void Executor::start() {
    try {
        impl_->core.start();
    } catch (...) {
        detail::rethrow_as_error("the executor's threads");
    }
}

ASYNCJOBS_INLINE void Executor::set_concurrency(unsigned concurrency) {
    impl_->core.set_concurrency(concurrency);
}

ASYNCJOBS_INLINE void Executor::set_queues(std::vector<ServedQueue> queues) {
    impl_->core.set_queues(std::move(queues));
}

ASYNCJOBS_INLINE void Executor::stop(Duration grace, Duration grace_to_stop) {
    impl_->core.stop(grace, grace_to_stop);
}

ASYNCJOBS_INLINE void Executor::stop(Duration grace, Duration grace_to_stop,
                                     Duration record_within) {
    impl_->core.stop(grace, grace_to_stop, record_within);
}

ASYNCJOBS_INLINE void Executor::stop_async(Duration grace, Duration grace_to_stop,
                                           std::function<void()> done) {
    impl_->core.stop_async(grace, grace_to_stop, std::move(done));
}

ASYNCJOBS_INLINE std::string_view Executor::worker() const noexcept { return impl_->core.worker(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
