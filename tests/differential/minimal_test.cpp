#include "run_differential.hpp"

#include "minimal_store.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

TEST_CASE("a store without capabilities and the model agree") {
    std::unique_ptr<MinimalStore> store;
    asyncjobs::testing::DifferentialSubject subject;
    subject.reset = [&] { store = std::make_unique<MinimalStore>(subject.clock); };
    subject.open = [&] { return std::make_unique<asyncjobs::ForwardingJobStore>(*store); };
    differential::run(subject, {.plain = 200});
}
