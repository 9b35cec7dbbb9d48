#include "exhausted_runtime.hpp"

#include <asyncjobs/memory_job_store.hpp>
#include <asyncjobs/schedules/scheduler.hpp>

namespace {

using namespace asyncjobs;

TEST_CASE("a scheduler that can't be made for want of a thread or memory throws Error") {
    MemoryJobStore store;
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Scheduler scheduler(store, runtime);
        scheduler.start();
    });
}

} // namespace
