#include "run_differential.hpp"

#include "conformance/broken_stores.hpp"

#include <asyncjobs/store/memory_job_store.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Stores with one difference each, which the differential test has to find without help.
namespace planted {

using namespace asyncjobs;
using broken::ChangedJobs;
using broken::ChangedSubmits;
using broken::OperatedStore;
using broken::Store;
using Kind = Settlement::Kind;

/// Changes settlements on their way in.
class ChangedSettlements : public Store {
public:
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        std::vector<Settlement> changed(settlements.begin(), settlements.end());
        for (Settlement& one : changed) one = change(one);
        return inner().exchange(changed, request);
    }

protected:
    virtual Settlement change(const Settlement& settlement) = 0;
    static Settlement with_rest_of(const Settlement& original, Settlement changed) {
        if (original.progress()) changed = std::move(changed).with_progress(*original.progress());
        return std::move(changed).with_follow_ups(original.follow_ups());
    }
};

struct RetryKeepsTheError final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    RetryOutcome retry(const JobId& id) override {
        if (const auto job = look(id); job && job->error) errors_[id] = *job->error;
        return inner().retry(id);
    }
    void change(Job& job) override {
        if (job.attempt == 0 && !job.error && errors_.contains(job.id)) job.error = errors_[job.id];
    }

private:
    std::map<JobId, JobError> errors_;
};

struct ReleaseRefundsNothing final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settlement change(const Settlement& one) override {
        if (one.kind() != Kind::released || one.keeps_place()) return one;
        return with_rest_of(one, Settlement::retried(one.lease(), {}, one.delay()));
    }
};

struct RescueLeavesTheFence final : Store {
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        std::vector<Settlement> kept;
        std::vector<std::size_t> lost;
        for (std::size_t i = 0; i < settlements.size(); ++i)
            if (const auto job = look(settlements[i].lease().id);
                job && job->status == JobStatus::pending && job->crashes > 0 &&
                job->fence == settlements[i].lease().fence)
                lost.push_back(i);
        auto result = inner().exchange(settlements, request);
        for (const auto i : lost) result.settled[i] = {true, JobStatus::pending};
        return result;
    }
};

struct CancelledJobsSettleCompleted final : ChangedSettlements {
    using ChangedSettlements::ChangedSettlements;
    Settlement change(const Settlement& one) override {
        if (one.kind() != Kind::cancelled) return one;
        return with_rest_of(one, Settlement::completed(one.lease(), {}));
    }
};

struct ParentsFailureIsIgnored final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override { job.on_parent_failure = OnParentFailure::run; }
};

/// A job that was cancelled by force keeps its unique key until it is removed.
struct ForcedCancelKeepsTheKey final : Store {
    using Store::Store;
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation) override {
        const auto before = look(id);
        const auto outcome = inner().cancel(id, cancellation);
        const bool was_running = before && before->status == JobStatus::processing;
        if (was_running && outcome == CancelOutcome::cancelled && before->unique_key)
            keys_[*before->unique_key] = id;
        return outcome;
    }
    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        auto results = inner().submit(jobs);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const auto holder = jobs[i].unique_key ? keys_.find(*jobs[i].unique_key) : keys_.end();
            if (holder == keys_.end() || results[i].outcome != Submitted::Outcome::created)
                continue;
            results[i] = {Submitted::Outcome::key_taken, holder->second, results[i].created_at};
        }
        return results;
    }

private:
    std::map<std::string, JobId> keys_;
};

struct RetentionCountsFromTheSubmit final : ChangedJobs {
    using ChangedJobs::ChangedJobs;
    void change(Job& job) override {
        if (job.expires_at) job.expires_at = job.created_at + job.retention;
    }
};

struct ListsOldestFirst final : Store {
    using Store::Store;
    JobPage list(const JobQuery& query) override {
        auto page = inner().list(query);
        std::ranges::reverse(page.jobs);
        return page;
    }
};

/// A job that is retried later starts behind others of its queue, whatever its priority.
struct SnoozeForgetsThePriority final : Store {
    using Store::Store;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto result = inner().exchange(settlements, request);
        std::stable_partition(result.claimed.begin(), result.claimed.end(),
                              [](const ClaimedJob& job) { return job.attempt <= 1; });
        return result;
    }
};

struct DelayIsWholeSeconds final : ChangedSubmits {
    using ChangedSubmits::ChangedSubmits;
    void change(NewJob& job) override {
        job.delay = std::chrono::floor<std::chrono::seconds>(job.delay);
    }
};

struct Planted {
    std::string name;
    std::function<std::unique_ptr<JobStore>(JobStore&)> make;
};

template <typename Front>
Planted plant(const char* name) {
    return {name, [](JobStore& store) { return std::make_unique<Front>(store); }};
}

TEST_CASE("the differential test finds planted differences without help") {
    const Planted all[] = {
        plant<RetryKeepsTheError>("a retry keeps the old error"),
        plant<ReleaseRefundsNothing>("a release does not refund the attempt"),
        plant<RescueLeavesTheFence>("a rescued worker's settlement is accepted"),
        plant<CancelledJobsSettleCompleted>("a cancelled processing job settles completed"),
        plant<ParentsFailureIsIgnored>("a parent's failure is ignored"),
        plant<ForcedCancelKeepsTheKey>("a forced cancel does not free the unique key"),
        plant<RetentionCountsFromTheSubmit>("retention counts from the submit"),
        plant<ListsOldestFirst>("a list begins with the oldest job"),
        plant<SnoozeForgetsThePriority>("a priority is ignored after a snooze"),
        plant<DelayIsWholeSeconds>("a delay is cut to whole seconds"),
        plant<OperatedStore<broken::RetriesOneOfABatch>>("a batch of retries changes one job"),
        plant<OperatedStore<broken::RunsDueJobsNow>>("run_now makes jobs due that are already"),
        plant<OperatedStore<broken::CountsOtherQueues>>("due jobs of all queues are counted"),
        plant<OperatedStore<broken::SearchesHaveGaps>>("pages of a search leave out jobs"),
    };
    constexpr std::size_t expected = 11;
    std::size_t found = 0;
    for (const Planted& one : all) {
        std::unique_ptr<MemoryJobStore> store;
        testing::DifferentialSubject subject;
        subject.reset = [&] { store = std::make_unique<MemoryJobStore>(subject.clock); };
        subject.open = [&] { return one.make(*store); };
        const auto difference =
            testing::find_difference(subject, {.sequences = 20, .shrink_runs = 60});
        if (difference) ++found;
        MESSAGE(one.name << ": " << (difference ? "found by " + difference->text() : "not found"));
    }
    CHECK(found >= expected);
}

} // namespace planted
