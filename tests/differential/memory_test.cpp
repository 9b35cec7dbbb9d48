#include "run_differential.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

namespace {

using asyncjobs::ForwardingJobStore;
using asyncjobs::MemoryJobStore;

TEST_CASE("the memory store and the model agree") {
    std::unique_ptr<MemoryJobStore> store;
    asyncjobs::testing::DifferentialSubject subject;
    subject.reset = [&] { store = std::make_unique<MemoryJobStore>(subject.clock); };
    subject.open = [&] { return std::make_unique<ForwardingJobStore>(*store); };
    differential::run(subject, {.plain = 200});
}

} // namespace
