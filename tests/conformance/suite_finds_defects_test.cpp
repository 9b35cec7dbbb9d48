#include "broken_stores.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/memory_job_store.hpp>

namespace {

using asyncjobs::ForwardingJobStore;
using asyncjobs::MemoryJobStore;
using asyncjobs::testing::StoreFactory;

/// What the named case says of the store; empty if it runs through.
std::string verdict(const StoreFactory& factory, const std::string& name) {
    for (const auto& conformance_case : asyncjobs::testing::job_store_conformance(factory)) {
        if (conformance_case.name != name) continue;
        try {
            conformance_case.run();
            return "";
        } catch (const asyncjobs::testing::ConformanceFailure& failure) {
            return failure.what();
        }
    }
    FAIL("there is no case \"" << name << "\"");
    return "";
}

template <typename Broken>
StoreFactory on_memory() {
    return conformance::shared_store<MemoryJobStore, Broken>();
}

struct Defect {
    std::string name;
    StoreFactory factory;
    std::string found_by; ///< the case that is about this very promise
};

StoreFactory without_sharing() {
    return {.reset = {}, .open = [] { return std::make_unique<MemoryJobStore>(); }};
}

TEST_CASE("the suite finds a store that breaks a promise of") {
    const std::vector<Defect> defects = {
        {"fencing: settle ignores the fence", on_memory<broken::SettleIgnoresTheFence>(),
         "a settlement with another fence changes nothing"},
        {"fencing: renew ignores the fence", on_memory<broken::RenewIgnoresTheFence>(),
         "a heartbeat with another fence changes nothing"},
        {"refund: a release charges the attempt", on_memory<broken::ReleaseRefundsNothing>(),
         "a release refunds the attempt but not the fence"},
        {"release: the place is lost", on_memory<broken::ReleaseLosesThePlace>(),
         "a job that is given back keeps its place in its queue"},
        {"refund: a crash charges the attempt", on_memory<broken::CrashCostsAnAttempt>(),
         "a rescue makes the job pending and due, and charges a crash but no attempt"},
        {"rescue: the lease is not looked at", on_memory<broken::RescueIgnoresTheLease>(),
         "a rescue leaves leases that are valid"},
        {"rescue: the crash limit is ignored", on_memory<broken::RescueIgnoresTheCrashLimit>(),
         "a job that lost its worker too often fails"},
        {"rescue: the limit is ignored", on_memory<broken::RescueIgnoresItsLimit>(),
         "a rescue takes no more than its limit"},
        {"cancel: the request is lost on a retry", on_memory<broken::RetryLosesTheCancel>(),
         "a retry of a job whose cancel was requested cancels it"},
        {"cancel: a late request wins", on_memory<broken::LateCancelWins>(),
         "completing wins over a cancel request that came late"},
        {"cancel: workers cancel unasked", on_memory<broken::WorkersCancelUnasked>(),
         "a worker can't cancel a job unasked"},
        {"cancel: renewals do not tell", on_memory<broken::RenewHidesTheCancel>(),
         "a renewal learns of a cancel request"},
        {"cancel: the request is not recorded", on_memory<broken::CancelMakesNoRequest>(),
         "a processing job is asked to stop"},
        {"follow-ups: submitted though stale", on_memory<broken::FollowUpsOfStaleSettlements>(),
         "follow-ups of a settlement with an old fence are not submitted"},
        {"follow-ups: dropped", on_memory<broken::FollowUpsDropped>(),
         "follow-ups are submitted with the settlement"},
        {"settle: refused after the lease", on_memory<broken::RefusesAfterTheLeaseRanOut>(),
         "a settlement after the lease ran out but before a rescue is accepted"},
        {"settle: look, then write", on_memory<broken::SettlesInTwoSteps>(),
         "concurrent settlements of one lease have one winner"},
        {"settle: answers out of order", on_memory<broken::AnswersOutOfOrder>(),
         "settlements are answered in their order"},
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
        {"claim: what is held already", on_memory<broken::ClaimsWhatOthersHold>(),
         "a claimed job is not claimed again"},
        {"claim: next_due_in is missing", on_memory<broken::NextDueUnknown>(),
         "a claim says when the next job of its queues is due"},
        {"claim: queues in another order", on_memory<broken::ServesQueuesByName>(),
         "a claim serves its queues in the order given"},
        {"claim: the pause is ignored", on_memory<broken::ClaimIgnoresThePause>(),
         "a paused queue takes submits and is not claimed from"},
        {"claim: the schedule is ignored", on_memory<broken::IgnoresTheSchedule>(),
         "a job is not claimed before its run_at"},
        {"priority: ignored", on_memory<broken::IgnoresPriorities>(),
         "of due jobs the one with the higher priority is claimed first"},
        {"priority: others starve", on_memory<broken::LetsPrioritiesStarveOthers>(),
         "a job that has waited longer than a priority's head start goes first"},
        {"priority: the head start shows", on_memory<broken::ShowsTheHeadStart>(),
         "a priority shows, and run_at is the job's own time"},
        {"rescue: a claim ahead counts as a start", on_memory<broken::ClaimIsNeverAhead>(),
         "a rescue charges no crash to a job that was claimed ahead and has not started"},
        {"rescue: no start counts", on_memory<broken::RenewTakesNoStart>(),
         "a rescue charges a crash to a job that was claimed ahead and has started"},
        {"renew: the lease is not extended", on_memory<broken::RenewExtendsNothing>(),
         "a renewal extends the lease and is no visible change"},
        {"renew: counts as a change", on_memory<broken::RenewalIsAChange>(),
         "a renewal extends the lease and is no visible change"},
        {"progress: goes back", on_memory<broken::ProgressGoesBack>(),
         "progress never goes back within an attempt"},
        {"progress: lost on completion", on_memory<broken::CompletionForgetsProgress>(),
         "progress is 100 when completed, and the last message stays"},
        {"held: ignores the worker", on_memory<broken::HeldIgnoresTheWorker>(),
         "held names the jobs that a worker holds"},
        {"unique key: never freed", on_memory<broken::KeyIsNeverFreed>(),
         "a unique key is free when its job completed"},
        {"unique key: look, then write", on_memory<broken::ChecksKeysInTwoSteps>(),
         "sixteen submitters of one unique key have one winner"},
        {"unique key: folds case", on_memory<broken::FoldsTheCaseOfKeys>(),
         "unique keys are compared byte for byte"},
        {"idempotency key: ends with its job", on_memory<broken::IdempotencyEndsWithTheJob>(),
         "an idempotency key outlives the end of its job"},
        {"metadata: forgotten", on_memory<broken::ForgetsMetadata>(),
         "metadata are kept byte for byte, and handlers see them"},
        {"submit: a conflict blocks its batch", on_memory<broken::ConflictBlocksItsBatch>(),
         "a taken id leaves the rest of its batch alone"},
        {"same bytes: JSON is rewritten", on_memory<broken::RewritesJson>(),
         "inputs are kept byte for byte"},
        {"same bytes: times are cut", on_memory<broken::CutsTimesToMilliseconds>(),
         "numbers and times are kept exactly"},
        {"purge: the expiry is ignored", on_memory<broken::PurgeIgnoresTheExpiry>(),
         "a purge deletes finished jobs that have expired, and no others"},
        {"purge: the limit is ignored", on_memory<broken::PurgeIgnoresItsLimit>(),
         "a purge deletes no more than its limit"},
        {"retry: of completed jobs", on_memory<broken::RetryOfCompletedJobs>(),
         "a retry that can't be says why"},
        {"glance: changes do not show", on_memory<broken::GlanceShowsNoChange>(),
         "a glance shows what find does, where it shows something"},
        {"glance: of fewer jobs", on_memory<broken::GlanceLeavesOutWhatIsMissing>(),
         "a glance shows what find does, where it shows something"},
        {"list: the owner is ignored", on_memory<broken::ListIgnoresTheOwner>(),
         "list filters by owner, queue, type and status"},
        {"list: the status is ignored", on_memory<broken::ListIgnoresTheStatus>(),
         "list knows every status"},
        {"list: pages have gaps", on_memory<broken::PagesHaveGaps>(),
         "pages have no gap and no repeat"},
        {"limits: owners are counted together", on_memory<broken::CountsAllOwnersTogether>(),
         "a limit per owner counts each owner apart"},
        {"limits: a rate ignores its burst", on_memory<broken::RateIgnoresTheBurst>(),
         "a rate lets a burst start and the rest later"},
        {"limits: owners take no turns", on_memory<broken::OwnersTakeNoTurns>(),
         "owners take turns"},
        {"limits: the first one stays", on_memory<broken::TheFirstLimitStays>(),
         "a limit may be changed and taken away"},
        {"limits: a worker's own are ignored", on_memory<broken::IgnoresTheLimitsOfWorkers>(),
         "a worker's own limit counts its jobs only"},
        {"limits: nobody is told who waits", on_memory<broken::HoldsBackInSilence>(),
         "a claim says whom a limit held back"},
        {"limits: who waits holds up others", on_memory<broken::WaitingJobsHoldUpOthers>(),
         "jobs that wait for a limit hold up no others"},
        {"sharing: each object has its own data", without_sharing(),
         "a second object sees the first one's data, and writes to it"},
    };
    for (const auto& defect : defects) {
        SUBCASE(defect.name.c_str()) {
            const auto on_sound_store = verdict(
                conformance::shared_store<MemoryJobStore, ForwardingJobStore>(), defect.found_by);
            CHECK(on_sound_store == "");
            const auto on_broken_store = verdict(defect.factory, defect.found_by);
            CHECK(on_broken_store != "");
        }
    }
}

} // namespace
