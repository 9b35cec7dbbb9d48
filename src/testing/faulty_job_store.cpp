#include <asyncjobs/testing/faulty_job_store.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

FaultyJobStore::FaultyJobStore(JobStore& inner, Plan plan)
    : InterceptingJobStore(inner), plan_(std::move(plan)) {}

void FaultyJobStore::fail(Fault fault) {
    switch (fault) {
    case Fault::unavailable:
        throw Error(Errc::store_unavailable, "planned fault: unavailable");
    case Fault::busy:
        throw Error(Errc::store_busy, "planned fault: busy");
    case Fault::full:
        throw Error(Errc::store_full, "planned fault: full");
    case Fault::reply_lost:
    case Fault::lost_before:
        throw Error(Errc::unknown_outcome, "planned fault: reply lost");
    case Fault::failure:
    case Fault::none:
        break;
    }
    throw Error(Errc::store_failure, "planned fault: failure");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
