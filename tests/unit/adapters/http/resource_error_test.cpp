#include "exhausted_runtime.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/memory_job_store.hpp>

namespace {

using namespace asyncjobs;

TEST_CASE("a job API that can't be made for want of a thread or memory throws Error") {
    MemoryJobStore store;
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Client client(store);
        http::JobApi api(client, runtime, {.allow_anonymous = true});
    });
}

} // namespace
