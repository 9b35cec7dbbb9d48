#include "exhausted_runtime.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

namespace {

using namespace asyncjobs;

TEST_CASE("a job API without a thread or memory throws Error when constructed") {
    MemoryJobStore store;
    check_each_refusal([&](const std::shared_ptr<Runtime>& runtime) {
        Client client(store);
        http::JobApi api(client, runtime, {.allow_anonymous = true});
    });
}

} // namespace
