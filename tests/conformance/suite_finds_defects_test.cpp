#include "broken_stores.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/store/memory_job_store.hpp>

namespace {

using asyncjobs::ForwardingJobStore;
using asyncjobs::MemoryJobStore;
using asyncjobs::testing::StoreFactory;

/// Returns the failure of the named case on the store; empty if it passes.
std::string failure_of(const StoreFactory& factory, const std::string& name) {
    for (const auto& conformance_case :
         conformance::cases_of(factory, conformance::Operators::some)) {
        if (conformance_case.name != name) continue;
        try {
            conformance_case.run();
            return "";
        } catch (const asyncjobs::testing::ConformanceFailure& failure) {
            return failure.what();
        }
    }
    FAIL("no such case: \"" << name << "\"");
    return "";
}

template <typename Broken>
StoreFactory on_memory() {
    return conformance::shared_store<MemoryJobStore, Broken>();
}

template <typename BrokenOperators>
StoreFactory operated() {
    return on_memory<broken::OperatedStore<BrokenOperators>>();
}

struct Defect {
    std::string name;
    StoreFactory factory;
    std::string found_by; ///< the case that checks this promise
};

StoreFactory without_sharing() {
    return {.reset = {}, .open = [] { return std::make_unique<MemoryJobStore>(); }};
}

/// Has all capabilities, and declares none.
struct DeclaresNothing final : ForwardingJobStore {
    using ForwardingJobStore::ForwardingJobStore;
    asyncjobs::StoreCapabilities capabilities() const noexcept override { return {}; }
};

TEST_CASE("the suite finds a store that supports what it does not declare") {
    const auto factory = on_memory<DeclaresNothing>();
    for (const auto* name :
         {"a store without dependencies refuses jobs with parents",
          "a store without limits refuses them", "a store without tombstones refuses to read one",
          "a store without queue control refuses to pause a queue",
          "a store without workload refuses to count"})
        CHECK(failure_of(factory, name) != "");
}

TEST_CASE("the suite finds a broken promise of") {
    const std::vector<Defect> defects = {
        {"fencing: settle ignores the fence", on_memory<broken::SettleIgnoresTheFence>(),
         "a settlement with another fence changes nothing"},
        {"fencing: renew ignores the fence", on_memory<broken::RenewIgnoresTheFence>(),
         "a heartbeat with another fence changes nothing"},
        {"refund: a release charges the attempt", on_memory<broken::ReleaseRefundsNothing>(),
         "a release refunds the attempt but not the fence"},
        {"release: the place is lost", on_memory<broken::ReleaseLosesThePlace>(),
         "a released job keeps its place in its queue"},
        {"refund: a crash charges the attempt", on_memory<broken::CrashCostsAnAttempt>(),
         "a rescue makes the job pending and due, and charges a crash but no attempt"},
        {"rescue: the lease is ignored", on_memory<broken::RescueIgnoresTheLease>(),
         "a rescue does not change valid leases"},
        {"rescue: the crash limit is ignored", on_memory<broken::RescueIgnoresTheCrashLimit>(),
         "a job that lost its worker too often fails"},
        {"rescue: the limit is ignored", on_memory<broken::RescueIgnoresItsLimit>(),
         "a rescue takes no more than its limit"},
        {"cancel: the request is lost on a retry", on_memory<broken::RetryLosesTheCancel>(),
         "a retry of a job whose cancel was requested cancels it"},
        {"cancel: a late request wins", on_memory<broken::LateCancelWins>(),
         "completing wins over a late cancel request"},
        {"cancel: workers cancel without a request",
         on_memory<broken::WorkersCancelWithoutRequest>(),
         "a worker can't cancel a job without a request"},
        {"cancel: renewals hide the request", on_memory<broken::RenewHidesTheCancel>(),
         "a renewal returns a cancel request"},
        {"cancel: the request is not recorded", on_memory<broken::CancelMakesNoRequest>(),
         "a processing job is asked to stop"},
        {"follow-ups: submitted though stale", on_memory<broken::FollowUpsOfStaleSettlements>(),
         "follow-ups of a settlement with an old fence are not submitted"},
        {"follow-ups: dropped", on_memory<broken::FollowUpsDropped>(),
         "follow-ups are submitted with the settlement"},
        {"settle: refused after the lease", on_memory<broken::RefusesAfterTheLeaseRanOut>(),
         "a settlement between the end of the lease and a rescue is accepted"},
        {"settle: checks, then writes", on_memory<broken::SettlesInTwoSteps>(),
         "concurrent settlements of one lease have one winner"},
        {"settle: outcomes out of order", on_memory<broken::ReturnsOutcomesOutOfOrder>(),
         "outcomes are returned in the order of the settlements"},
        {"exchange: claims first", on_memory<broken::ClaimsBeforeItSettles>(),
         "an exchange settles before it claims"},
        {"arguments: a limit out of range is changed", on_memory<broken::ClampsTheLimit>(),
         "a query out of range is refused"},
        {"claim: the limit is ignored", on_memory<broken::ClaimIgnoresTheLimit>(),
         "a claim takes no more than its limit"},
        {"claim: the lease is always 30 s", on_memory<broken::ClaimIgnoresLeaseFor>(),
         "a rescue makes the job pending and due, and charges a crash but no attempt"},
        {"claim: newest first", on_memory<broken::ClaimsNewestFirst>(),
         "jobs are claimed by run_at, then by id"},
        {"claim: leased jobs", on_memory<broken::ClaimsLeasedJobs>(),
         "a claimed job is not claimed again"},
        {"claim: next_due_in is missing", on_memory<broken::NextDueUnknown>(),
         "a claim returns when the next job of its queues is due"},
        {"claim: queues in the wrong order", on_memory<broken::ServesQueuesByName>(),
         "a claim serves its queues in the order given"},
        {"claim: the pause is ignored", on_memory<broken::ClaimIgnoresThePause>(),
         "a paused queue takes submits and is not claimed from"},
        {"claim: the schedule is ignored", on_memory<broken::IgnoresTheSchedule>(),
         "a job is not claimed before its run_at"},
        {"priority: ignored", on_memory<broken::IgnoresPriorities>(),
         "of due jobs the one with the higher priority is claimed first"},
        {"priority: others starve", on_memory<broken::PrioritiesStarveOthers>(),
         "a job that has waited longer than a priority's head start goes first"},
        {"priority: the head start shows", on_memory<broken::ShowsTheHeadStart>(),
         "a job shows its priority and its own run_at"},
        {"rescue: a claim ahead counts as a start", on_memory<broken::ClaimIsNeverAhead>(),
         "a rescue charges no crash to a job that was claimed ahead and has not started"},
        {"rescue: starts are ignored", on_memory<broken::RenewTakesNoStart>(),
         "a rescue charges a crash to a job that was claimed ahead and has started"},
        {"renew: the lease is not extended", on_memory<broken::RenewExtendsNothing>(),
         "a renewal extends the lease and is no visible change"},
        {"renew: counts as a change", on_memory<broken::RenewalIsAChange>(),
         "a renewal extends the lease and is no visible change"},
        {"progress: goes back", on_memory<broken::ProgressGoesBack>(),
         "progress never goes back within an attempt"},
        {"progress: lost on completion", on_memory<broken::CompletionDropsProgress>(),
         "progress is 100 when completed, and the last message stays"},
        {"leases_of: the worker is ignored", on_memory<broken::HeldIgnoresTheWorker>(),
         "leases_of returns the jobs that a worker holds"},
        {"unique key: never freed", on_memory<broken::KeyIsNeverFreed>(),
         "a unique key is free when its job completed"},
        {"unique key: checks, then writes", on_memory<broken::ChecksKeysInTwoSteps>(),
         "sixteen submitters of one unique key have one winner"},
        {"unique key: folds case", on_memory<broken::FoldsTheCaseOfKeys>(),
         "unique keys are compared byte for byte"},
        {"idempotency key: ends with its job", on_memory<broken::IdempotencyEndsWithTheJob>(),
         "an idempotency key outlives the end of its job"},
        {"metadata: dropped", on_memory<broken::DropsMetadata>(),
         "metadata are kept byte for byte, and handlers see them"},
        {"submit: a conflict blocks its batch", on_memory<broken::ConflictBlocksItsBatch>(),
         "a taken id does not affect the rest of its batch"},
        {"same bytes: JSON is rewritten", on_memory<broken::RewritesJson>(),
         "inputs are kept byte for byte"},
        {"same bytes: times are cut", on_memory<broken::CutsTimesToMilliseconds>(),
         "numbers and times are kept exactly"},
        {"purge: the expiry is ignored", on_memory<broken::PurgeIgnoresTheExpiry>(),
         "a purge deletes only expired finished jobs"},
        {"purge: the limit is ignored", on_memory<broken::PurgeIgnoresItsLimit>(),
         "a purge deletes no more than its limit"},
        {"retry: completed jobs", on_memory<broken::RetryOfCompletedJobs>(),
         "a refused retry returns the reason"},
        {"summaries: changes are missing", on_memory<broken::SummariesShowNoChange>(),
         "a summary has the fields of the full job"},
        {"summaries: jobs are missing", on_memory<broken::SummariesLeaveOutMissingJobs>(),
         "a summary has the fields of the full job"},
        {"list: the owner is ignored", on_memory<broken::ListIgnoresTheOwner>(),
         "list filters by owner, queue, type and status"},
        {"list: the status is ignored", on_memory<broken::ListIgnoresTheStatus>(),
         "list filters by every status"},
        {"list: pages have gaps", on_memory<broken::PagesHaveGaps>(),
         "pages have no gap and no repeat"},
        {"limits: owners are counted together", on_memory<broken::CountsAllOwnersTogether>(),
         "a limit per owner counts owners separately"},
        {"limits: a rate ignores its burst", on_memory<broken::RateIgnoresTheBurst>(),
         "a rate admits a burst and the rest later"},
        {"limits: owners do not alternate", on_memory<broken::OwnersDoNotAlternate>(),
         "a limit by round robin alternates owners"},
        {"limits: the first one cannot be changed", on_memory<broken::TheFirstLimitStays>(),
         "a limit can be changed and deleted"},
        {"limits: a worker's own are ignored", on_memory<broken::IgnoresTheLimitsOfWorkers>(),
         "a worker's own limit counts only its jobs"},
        {"limits: throttled jobs are not returned", on_memory<broken::ReturnsNoThrottledJobs>(),
         "a claim returns throttled jobs"},
        {"limits: waiting jobs delay others", on_memory<broken::WaitingJobsDelayOthers>(),
         "jobs that wait for a limit do not delay others"},
        {"operators: pages of a search have gaps", operated<broken::SearchesHaveGaps>(),
         "pages of any length visit each job once, in order"},
        {"operators: error codes are prefixes", operated<broken::SearchesForPrefixes>(),
         "a search finds jobs with exactly one error code"},
        {"operators: the order of claims is ignored", operated<broken::IgnoresTheOrderOfClaims>(),
         "a search returns pending jobs in the order of claims"},
        {"operators: other queues are counted", operated<broken::CountsOtherQueues>(),
         "a queue's jobs are counted as due, scheduled and processing"},
        {"operators: throttled jobs are due", operated<broken::CountsThrottledAsDue>(),
         "a queue's throttled jobs are counted apart"},
        {"operators: outcomes out of order", operated<broken::ReturnsBatchesOutOfOrder>(),
         "a batch of cancels returns an outcome for each id, in order"},
        {"operators: due jobs are made due", operated<broken::RunsDueJobsNow>(),
         "run_now makes jobs due that wait for their time, and returns outcomes in order"},
        {"operators: a batch is not retried", operated<broken::RetriesOneOfABatch>(),
         "jobs of a batch of retries are claimed again"},
        {"operators: a batch of any size", operated<broken::AcceptsAnyBatch>(),
         "a batch of more than 500 jobs is refused and changes nothing"},
        {"operators: throttled jobs have no order", operated<broken::HidesThrottledJobsBefore>(),
         "a throttled job has its place, and the holders of the slots"},
        {"operators: finished jobs wait", operated<broken::ExplainsFinishedJobs>(),
         "only a pending job waits for something"},
        {"operators: missing workers are hidden", operated<broken::HidesMissingWorkers>(),
         "a due job waits for a living worker that serves its queue and has a handler for its "
         "type"},
        {"workers: repeated heartbeats are counted", operated<broken::CountsRepeatedHeartbeats>(),
         "a repeated heartbeat is counted once"},
        {"workers: orders are repeated", operated<broken::IgnoresWhatWasObeyed>(),
         "heartbeats return an order until their worker has carried it out"},
        {"workers: stopped ones are ordered", operated<broken::OrdersStoppedWorkers>(),
         "only the ordered worker gets an order, unless it has stopped"},
        {"history: there are no hours", operated<broken::KeepsNoHours>(),
         "a tally is added to its minute, its hour and its day"},
        {"history: pages have gaps", operated<broken::HistoryHasGaps>(),
         "tallies are returned by key, in pages of any length"},
        {"audit: oldest first", operated<broken::AuditsOldestFirst>(),
         "audit entries are returned newest first, in pages of any length"},
        {"sharing: each object has its own data", without_sharing(),
         "a second object reads and writes the first one's data"},
    };
    for (const auto& defect : defects) {
        SUBCASE(defect.name.c_str()) {
            const auto on_sound_store = failure_of(
                conformance::shared_store<MemoryJobStore, ForwardingJobStore>(), defect.found_by);
            CHECK(on_sound_store == "");
            const auto on_broken_store = failure_of(defect.factory, defect.found_by);
            CHECK(on_broken_store != "");
        }
    }
}

} // namespace
