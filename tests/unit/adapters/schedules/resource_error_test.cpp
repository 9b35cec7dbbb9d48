#include "exhausted_runtime.hpp"

#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

namespace {

using namespace asyncjobs;

TEST_CASE("the constructor of a scheduler throws Error for want of a thread or memory") {
    MemoryJobStore store;
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Scheduler scheduler(store, runtime);
        scheduler.start();
    });
}

} // namespace
