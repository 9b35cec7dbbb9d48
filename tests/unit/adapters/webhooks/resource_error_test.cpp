#include "exhausted_runtime.hpp"

#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

namespace {

using namespace asyncjobs;

TEST_CASE("webhooks without a thread or memory throw Error when constructed") {
    MemoryJobStore store;
    check_each_refusal(
        [&](const std::shared_ptr<Runtime>& runtime) { Webhooks webhooks(store, runtime, {}); });
}

} // namespace
