#include <asyncjobs/testing/faulty_job_store.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

FaultyJobStore::FaultyJobStore(JobStore& inner, Plan plan)
    : ForwardingJobStore(inner), plan_(std::move(plan)) {}

template <typename Call>
auto FaultyJobStore::attempt(std::string_view member, Call call) {
    switch (plan_ ? plan_(member) : Fault::none) {
    case Fault::unavailable:
        throw Error(Errc::store_unavailable, "planned fault: unavailable");
    case Fault::busy:
        throw Error(Errc::store_busy, "planned fault: busy");
    case Fault::failure:
        throw Error(Errc::store_failure, "planned fault: failure");
    case Fault::full:
        throw Error(Errc::store_full, "planned fault: full");
    case Fault::reply_lost:
        call();
        [[fallthrough]];
    case Fault::lost_before:
        throw Error(Errc::unknown_outcome, "planned fault: reply lost");
    case Fault::none:
        break;
    }
    return call();
}

std::vector<Submitted> FaultyJobStore::submit(std::span<const NewJob> jobs) {
    return attempt("submit", [&] { return inner().submit(jobs); });
}

Exchange FaultyJobStore::exchange(std::span<const Settlement> settlements,
                                  const ClaimRequest& request) {
    return attempt("exchange", [&] { return inner().exchange(settlements, request); });
}

std::vector<Renewal> FaultyJobStore::renew(std::span<const Heartbeat> heartbeats,
                                           Duration lease_for) {
    return attempt("renew", [&] { return inner().renew(heartbeats, lease_for); });
}

std::vector<Renewal> FaultyJobStore::check_leases(std::span<const LeaseRef> leases) {
    return attempt("check_leases", [&] { return inner().check_leases(leases); });
}

std::vector<ClaimedJob> FaultyJobStore::leases_of(std::string_view worker) {
    return attempt("leases_of", [&] { return inner().leases_of(worker); });
}

std::vector<Rescued> FaultyJobStore::rescue(std::size_t limit, int crash_limit) {
    return attempt("rescue", [&] { return inner().rescue(limit, crash_limit); });
}

std::vector<Promoted> FaultyJobStore::promote(std::size_t limit) {
    return attempt("promote", [&] { return inner().promote(limit); });
}

std::size_t FaultyJobStore::purge(std::size_t limit) {
    return attempt("purge", [&] { return inner().purge(limit); });
}

std::optional<std::string> FaultyJobStore::tombstone_owner(const JobId& id) {
    return attempt("tombstone_owner", [&] { return inner().tombstone_owner(id); });
}

std::vector<std::optional<Job>> FaultyJobStore::find(std::span<const JobId> ids) {
    return attempt("find", [&] { return inner().find(ids); });
}

std::vector<std::optional<Job>> FaultyJobStore::find_summaries(std::span<const JobId> ids) {
    return attempt("find_summaries", [&] { return inner().find_summaries(ids); });
}

JobPage FaultyJobStore::list(const JobQuery& query) {
    return attempt("list", [&] { return inner().list(query); });
}

CancelOutcome FaultyJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    return attempt("cancel", [&] { return inner().cancel(id, cancellation); });
}

RetryOutcome FaultyJobStore::retry(const JobId& id) {
    return attempt("retry", [&] { return inner().retry(id); });
}

RemoveOutcome FaultyJobStore::remove(const JobId& id) {
    return attempt("remove", [&] { return inner().remove(id); });
}

Workload FaultyJobStore::workload(std::string_view queue, std::string_view type) {
    return attempt("workload", [&] { return inner().workload(queue, type); });
}

void FaultyJobStore::set_paused(std::string_view queue, bool paused) {
    attempt("set_paused", [&] { inner().set_paused(queue, paused); });
}

void FaultyJobStore::set_limit(const Limit& limit) {
    attempt("set_limit", [&] { inner().set_limit(limit); });
}

std::vector<Limit> FaultyJobStore::limits() {
    return attempt("limits", [&] { return inner().limits(); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
