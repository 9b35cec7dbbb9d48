#include "minimal_store.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

TEST_CASE("a store without capabilities conforms") {
    conformance::run(conformance::shared_store<MinimalStore, asyncjobs::ForwardingJobStore>(),
                     conformance::Operators::none);
}

TEST_CASE("a store without capabilities conforms while its clock is moved") {
    const conformance::MovedClock clock;
    conformance::run_with(clock,
                          conformance::shared_store<MinimalStore, asyncjobs::ForwardingJobStore>(
                              MinimalStore::Clock(clock)),
                          conformance::Operators::none);
}
