#include "conformance_check.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using Outcome = Submitted::Outcome;

/// Two objects on the same data, which threads use alternately.
class Pair {
public:
    explicit Pair(Scene& scene) : first_(scene.store()), second_(scene.open()) {}
    JobStore& of(std::size_t thread) { return thread % 2 == 0 ? first_ : *second_; }

private:
    JobStore& first_;
    std::unique_ptr<JobStore> second_;
};

void has_one_winner_of_a_key(Scene& scene, std::optional<std::string> NewJob::*key, Outcome taken) {
    constexpr std::size_t threads = 16;
    Pair stores(scene);
    for (int round = 0; round < 5; ++round) {
        std::vector<NewJob> jobs;
        for (std::size_t i = 0; i < threads; ++i)
            jobs.emplace_back(scene.filled()).*key = fmt::format("key {}", round);
        std::vector<Submitted> results(threads);
        race(threads, [&](std::size_t i) {
            results[i] = with_retries([&] { return stores.of(i).submit({&jobs[i], 1}).at(0); });
        });
        const auto winner = std::find_if(results.begin(), results.end(), [](const auto& result) {
            return result.outcome == Outcome::created;
        });
        expect(winner != results.end(), "one thread to win the key");
        for (std::size_t i = 0; i < threads; ++i) {
            const bool won = jobs[i].id == winner->id;
            expect_equal(results[i].outcome, won ? Outcome::created : taken,
                         won ? "outcome of the winner" : "outcome of another thread");
            expect_equal(results[i].id, winner->id, "the winner's id in every outcome");
            expect_equal(scene.find(jobs[i].id).has_value(), won, "existence of the job");
        }
    }
}

void has_one_winner_of_a_unique_key(Scene& scene) {
    has_one_winner_of_a_key(scene, &NewJob::unique_key, Outcome::key_taken);
}

void has_one_winner_of_an_idempotency_key(Scene& scene) {
    has_one_winner_of_a_key(scene, &NewJob::idempotency_key, Outcome::repeated);
}

void has_one_winner_of_an_id(Scene& scene) {
    constexpr std::size_t threads = 8;
    Pair stores(scene);
    const auto job = scene.filled();
    std::atomic<int> created = 0;
    race(threads, [&](std::size_t i) {
        const auto result = with_retries([&] { return stores.of(i).submit({&job, 1}).at(0); });
        if (result.outcome == Outcome::created) ++created;
    });
    expect_equal(created.load(), 1, "threads that created the job");
    expect_equal(scene.store().list({}).jobs.size(), 1, "jobs listed");
}

void claims_each_job_once(Scene& scene) {
    constexpr std::size_t threads = 4, count = 500;
    Pair stores(scene);
    const auto ids = scene.submit(count);
    std::mutex mutex;
    std::map<JobId, std::vector<ClaimedJob>> claims;
    std::atomic<std::size_t> left = count;
    race(threads, [&](std::size_t i) {
        const auto worker = fmt::format("worker {}", i);
        const std::vector<std::string> queues = {"default"};
        for (int tries = 0; left > 0 && tries < 10'000; ++tries) {
            const auto result = with_retries([&] {
                return stores.of(i).claim({.worker = worker, .queues = queues, .limit = 3});
            });
            left -= result.claimed.size();
            const std::lock_guard lock(mutex);
            for (const auto& job : result.claimed) claims[job.lease.id].push_back(job);
        }
    });
    expect_equal(claims.size(), count, "jobs claimed");
    for (const auto& id : ids) {
        expect_equal(claims[id].size(), 1, "claims of one job");
        const auto job = scene.job(id);
        expect_equal(claims[id][0].lease.fence, job.fence, "fence");
        expect_equal(job.attempt, 1, "attempt");
    }
}

void loses_nothing_while_all_work(Scene& scene) {
    constexpr std::size_t workers = 3, submitters = 2, each = 60;
    Pair stores(scene);
    std::vector<std::vector<NewJob>> jobs(submitters);
    for (auto& list : jobs)
        for (std::size_t i = 0; i < each; ++i) list.push_back(scene.filled());
    std::atomic<std::size_t> left = submitters * each;
    std::mutex mutex;
    std::map<JobId, int> completions;

    const auto work = [&](JobStore& store) {
        const std::vector<std::string> queues = {"default"};
        std::vector<Settlement> done;
        for (int tries = 0; left > 0 && tries < 100'000; ++tries) {
            const auto result = with_retries([&] {
                return store.exchange(done, {.worker = "worker", .queues = queues, .limit = 5});
            });
            const std::lock_guard lock(mutex);
            for (std::size_t i = 0; i < done.size(); ++i)
                if (result.settled.at(i).accepted) {
                    ++completions[done[i].lease().id];
                    --left;
                }
            done.clear();
            for (const auto& job : result.claimed)
                done.push_back(Settlement::completed(job.lease, {}));
        }
    };
    race(workers + submitters, [&](std::size_t i) {
        if (i >= submitters) return work(stores.of(i));
        for (const auto& job : jobs[i])
            with_retries([&] { return stores.of(i).submit({&job, 1}); });
    });
    expect_equal(left.load(), 0, "jobs left");
    for (const auto& list : jobs)
        for (const auto& job : list) {
            expect_equal(completions[job.id], 1, "accepted completions of one job");
            expect_equal(scene.status(job.id), JobStatus::completed, "status");
        }
}

void one_settlement_wins(Scene& scene) {
    constexpr std::size_t threads = 4;
    Pair stores(scene);
    for (int round = 0; round < 10; ++round) {
        const auto lease = scene.running().lease;
        std::vector<Settled> results(threads);
        race(threads, [&](std::size_t i) {
            const auto settlement =
                i % 2 == 0 ? Settlement::completed(lease, JsonText::parse(std::to_string(i)))
                           : Settlement::failed(lease, {.code = std::to_string(i)});
            results[i] = with_retries([&] {
                return stores.of(i / 2).settle({&settlement, 1}).at(0);
            });
        });
        const auto accepted =
            std::count_if(results.begin(), results.end(), [](const auto& a) { return a.accepted; });
        expect_equal(accepted, 1, "accepted settlements of one lease");
        const auto job = scene.job(lease.id);
        for (std::size_t i = 0; i < threads; ++i) {
            if (!results[i].accepted) continue;
            if (i % 2 == 0)
                expect_equal(job.result, JsonText::parse(std::to_string(i)), "result");
            else
                expect_equal(job.error, JobError{.code = std::to_string(i)}, "error");
        }
    }
}

void settles_or_is_rescued(Scene& scene) {
    Pair stores(scene);
    for (int round = 0; round < 20; ++round) {
        const auto queue = fmt::format("queue-{}", round);
        const auto lease = scene.running({.queue = queue}, no_lease).lease;
        Settled settled;
        std::vector<Rescued> rescued;
        race(2, [&](std::size_t i) {
            if (i == 0) {
                const auto settlement = Settlement::completed(lease, {});
                settled = with_retries([&] { return stores.of(0).settle({&settlement, 1}).at(0); });
            } else {
                rescued = with_retries([&] { return stores.of(1).rescue(10, many_crashes); });
            }
        });
        expect(settled.accepted != (rescued.size() == 1),
               "either the settlement or the rescue to win");
        expect_equal(scene.status(lease.id),
                     settled.accepted ? JobStatus::completed : JobStatus::pending, "status");
    }
}

void cancels_or_is_asked(Scene& scene) {
    Pair stores(scene);
    for (int round = 0; round < 20; ++round) {
        const auto queue = fmt::format("queue-{}", round);
        const auto id = scene.submit({.queue = queue});
        CancelOutcome outcome{};
        std::vector<ClaimedJob> claimed;
        race(2, [&](std::size_t i) {
            const std::vector<std::string> queues = {queue};
            if (i == 0)
                outcome = with_retries([&] { return stores.of(0).cancel(id, {}); });
            else
                claimed = with_retries([&] {
                    return stores.of(1)
                        .claim({.worker = "w", .queues = queues, .limit = 1})
                        .claimed;
                });
        });
        const auto job = scene.job(id);
        if (outcome == CancelOutcome::cancelled) {
            expect_equal(claimed.size(), 0, "claims of a job that was cancelled");
            expect_equal(job.status, JobStatus::cancelled, "status");
        } else {
            expect_equal(outcome, CancelOutcome::requested, "outcome of a cancel after the claim");
            expect_equal(claimed.size(), 1, "claims of a job whose cancel was requested");
            expect_equal(job.status, JobStatus::processing, "status");
            expect(job.cancel_requested_at.has_value(), "the request to be kept");
        }
    }
}

void gives_no_fence_again_while_a_removal_commits(Scene& scene) {
    Pair stores(scene);
    const auto job = scene.filled();
    std::int64_t last = 0;
    for (int round = 0; round < 10; ++round) {
        with_retries([&] { return scene.store().submit({&job, 1}); }); // unless one did in the race
        const auto lease = scene.claim_one().lease;
        expect(lease.fence > last, "a fence above those of the earlier jobs");
        last = lease.fence;
        scene.accept(Settlement::completed(lease, {}));
        race(4, [&](std::size_t i) {
            if (i == 0)
                with_retries([&] { return stores.of(i).remove(job.id); });
            else
                with_retries([&] { return stores.of(i).submit({&job, 1}); });
        });
    }
}

} // namespace

Cases concurrency_cases() {
    return {
        {"sixteen submitters of one unique key have one winner", has_one_winner_of_a_unique_key},
        {"sixteen submitters of one idempotency key have one winner",
         has_one_winner_of_an_idempotency_key},
        {"many submitters of one id have one winner", has_one_winner_of_an_id},
        {"concurrent claimers take each job once", claims_each_job_once},
        {"concurrent submitters and workers lose no job and finish each once",
         loses_nothing_while_all_work},
        {"concurrent settlements of one lease have one winner", one_settlement_wins},
        {"a concurrent settlement and rescue have one winner", settles_or_is_rescued},
        {"a cancel concurrent with a claim is never lost", cancels_or_is_asked},
        {"no fence repeats for an id that is submitted while it is removed",
         gives_no_fence_again_while_a_removal_commits},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
