#include "run_conformance.hpp"

#include <asyncjobs/forwarding_job_store.hpp>
#include <asyncjobs/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>

namespace {

using asyncjobs::ForwardingJobStore;
using asyncjobs::MemoryJobStore;
using asyncjobs::Timestamp;
using asyncjobs::testing::FaultyJobStore;

TEST_CASE("the memory store conforms") {
    conformance::run(conformance::shared_store<MemoryJobStore, ForwardingJobStore>());
}

TEST_CASE("the memory store conforms while its clock stands still") {
    const auto noon = [] { return Timestamp(std::chrono::hours{12} + std::chrono::days{20'000}); };
    conformance::run(
        conformance::shared_store<MemoryJobStore, ForwardingJobStore>(MemoryJobStore::Clock(noon)));
}

TEST_CASE("a faulty store without faults conforms") {
    std::unique_ptr<MemoryJobStore> store;
    conformance::run(
        {.reset = [&] { store = std::make_unique<MemoryJobStore>(); },
         .open = [&] { return std::make_unique<FaultyJobStore>(*store, FaultyJobStore::Plan()); }});
}

} // namespace
