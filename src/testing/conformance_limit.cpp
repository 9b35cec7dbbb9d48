#include "conformance_limit.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

std::vector<JobId> submit_of(Scene& scene, const std::vector<std::string>& owners) {
    std::vector<JobId> ids;
    for (const auto& owner : owners) ids.push_back(scene.submit({.owner = owner}));
    return ids;
}

void limits_how_many_run(Scene& scene) {
    scene.store().set_limit({.name = "two", .concurrency = 2});
    const auto ids = scene.submit(4);
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[1]}, "jobs claimed at first");
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed while all slots are taken");
    complete(scene, ids[1]);
    expect_equal(claimed_ids(scene, 10), {ids[2]}, "jobs claimed after one has ended");
    complete(scene, ids[0]);
    complete(scene, ids[2]);
    expect_equal(claimed_ids(scene, 10), {ids[3]}, "jobs claimed at the end");
}

void takes_the_next_with_the_settlement(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    const auto settlement = Settlement::completed({ids[0], scene.job(ids[0]).fence}, JsonText());
    const auto exchange = exchange_all(scene, {&settlement, 1});
    expect_equal(ids_of(exchange.claimed), {ids[1]}, "jobs claimed in the same call");
}

void leaves_a_waiting_job_as_it_was(Scene& scene) {
    const auto running = scene.running({.limit_key = "tenant 7"});
    scene.renew(running.lease, Progress{.percent = 40, .message = "half"});
    scene.accept(Settlement::retried(
        running.lease, {.code = "E1", .message = "broken", .details = {}}, Duration::zero()));
    scene.store().set_limit({.name = "one", .concurrency = 1});
    scene.submit({.run_at = long_ago});
    const auto before = scene.job(running.lease.id);
    expect_equal(scene.claim(10).size(), 1, "jobs claimed");
    expect_same(scene.job(running.lease.id), before, "of a job that waits for a limit");
    expect_equal(scene.claim(10).size(), 0, "jobs claimed again");
    expect_same(scene.job(running.lease.id), before, "of a job that still waits");
}

void returns_throttled_jobs(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2, {.type = "mail"});
    const auto exchange = exchange_all(scene);
    expect_equal(exchange.throttled.size(), 1, "throttled jobs");
    const auto& throttled = exchange.throttled[0];
    expect_equal(throttled.id, ids[1], "id");
    expect_equal(throttled.type, "mail", "type");
    expect_equal(throttled.queue, "default", "queue");
    expect_equal(throttled.limit, "one", "limit");
    expect_equal(throttled.created_at, scene.job(ids[1]).created_at, "created_at");
}

void returns_throttled_jobs_once(Scene& scene) {
    scene.store().set_limit({.name = "all", .concurrency = 2});
    scene.store().set_limit({.name = "owner", .scope = LimitScope::owner, .concurrency = 1});
    const auto ann = scene.submit(2, {.owner = "ann"});
    const auto bob = scene.submit(2, {.owner = "bob"});
    std::multiset<std::string> reported;
    const auto exchange = [&](std::span<const Settlement> settlements = {}) {
        for (const auto& job : exchange_all(scene, settlements).throttled)
            reported.insert(fmt::format("{} by {}", job.id.text(), job.limit));
    };
    for (int i = 0; i < 3; ++i) exchange();
    for (const auto& id : {ann[0], bob[0], ann[1], bob[1]}) {
        const auto settlement = Settlement::completed({id, scene.job(id).fence}, JsonText());
        exchange({&settlement, 1});
        exchange();
    }
    for (const auto& one : reported) expect_equal(reported.count(one), 1, one);
    expect(reported.size() >= 2, "both waiting jobs to be returned");
}

void returns_round_robin_jobs_once(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    for (const char* name : {"a", "z"}) { // limits are checked by name
        scene.store().set_limit({.name = name, .concurrency = 1});
        std::size_t left = 0;
        for (const char* owner : {"ann", "bob", "eve"})
            left += scene.submit(3, {.owner = owner}).size();
        std::multiset<std::string> reported;
        std::vector<Settlement> settlements;
        for (int calls = 0; left > 0 && calls < 100; ++calls) {
            const auto exchange = exchange_all(scene, std::exchange(settlements, {}));
            for (const auto& job : exchange.throttled)
                reported.insert(fmt::format("{} by {}", job.id.text(), job.limit));
            left -= exchange.claimed.size();
            for (const auto& job : exchange.claimed)
                settlements.push_back(Settlement::completed(job.lease, JsonText()));
        }
        expect_equal(left, 0, "jobs that have not started");
        exchange_all(scene, settlements);
        for (const auto& one : reported) expect_equal(reported.count(one), 1, one);
        expect(reported.size() >= 8, "each job but the first to be returned");
        scene.store().set_limit({.name = name});
    }
}

void returns_throttled_jobs_again_after_an_attempt(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    scene.submit({.run_at = long_ago});
    const auto again = scene.submit();
    const auto first = exchange_all(scene);
    expect_equal(first.throttled.size(), 1, "throttled jobs at first");
    complete(scene, first.claimed[0].lease.id);
    const auto second = exchange_all(scene);
    expect_equal(ids_of(second.claimed), {again}, "jobs claimed");
    scene.submit({.run_at = long_ago});
    const auto settlement = Settlement::released(second.claimed[0].lease, Duration::zero());
    const auto third = exchange_all(scene, {&settlement, 1});
    expect_equal(third.throttled.size(), 1, "throttled jobs after a release");
    expect_equal(third.throttled[0].id, again, "the throttled job");
}

void passes_over_those_that_wait(Scene& scene) {
    scene.store().set_limit({.name = "slow", .type = "slow", .concurrency = 1});
    const auto slow = scene.submit(50, {.type = "slow"});
    const auto quick = scene.submit(2, {.type = "quick"});
    expect_equal(claimed_ids(scene, 1), {slow[0]}, "first claim");
    expect_equal(claimed_ids(scene, 2), quick, "second claim");
    complete(scene, slow[0]);
    expect_equal(claimed_ids(scene, 2), {slow[1]}, "third claim");
}

void leaves_the_librarys_own_jobs_alone(Scene& scene) {
    scene.store().set_limit({.name = "all", .concurrency = 1});
    scene.store().set_limit({.name = "each", .scope = LimitScope::owner, .concurrency = 1});
    scene.store().set_limit({.name = "named", .type = "asyncjobs.named", .concurrency = 1});
    scene.store().set_limit({.name = "queue", .queue = "own", .concurrency = 1});
    const auto own = scene.submit(3, {.type = "asyncjobs.own"});
    const auto named = scene.submit(2, {.type = "asyncjobs.named"});
    const auto others = scene.submit(2, {.type = "asyncjobsother"});
    const auto queued = scene.submit(2, {.type = "asyncjobs.own", .queue = "own"});
    expect_equal(claimed_ids(scene, 10), {own[0], own[1], own[2], named[0], others[0]},
                 "jobs claimed from the queue without a limit of its own");
    expect_equal(claimed_ids(scene, 10, {"own"}), {queued[0]}, "jobs claimed from the other queue");
}

void applies_to_a_queue_or_a_type(Scene& scene) {
    scene.store().set_limit({.name = "mails", .type = "mail", .concurrency = 1});
    scene.store().set_limit({.name = "reports", .queue = "reports", .concurrency = 2});
    scene.submit(5, {.type = "mail"});
    scene.submit(5, {.type = "other"});
    scene.submit(5, {.type = "other", .queue = "reports"});
    scene.submit(1, {.type = "mail", .queue = "reports"});
    std::multiset<std::string> found;
    for (const auto& job : scene.claim(100, {"default", "reports"}))
        found.insert(job.type + " in " + job.queue);
    expect_equal(found.count("mail in default"), 1, "mails claimed");
    expect_equal(found.count("other in default"), 5, "others claimed");
    expect_equal(found.count("other in reports"), 2, "reports claimed");
    expect_equal(found.size(), 8, "jobs claimed");
}

void counts_each_owner_apart(Scene& scene) {
    scene.store().set_limit({.name = "fair-share", .scope = LimitScope::owner, .concurrency = 1});
    const auto ids = submit_of(scene, {"ann", "ann", "bob", "", "", "ann"});
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[2], ids[3]}, "jobs claimed at first");
    complete(scene, ids[2]);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed after one of another owner has ended");
    complete(scene, ids[3]);
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), {ids[1], ids[4]},
                 "jobs claimed after their owners' have ended");
}

void counts_each_key_apart(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .scope = LimitScope::key, .concurrency = 1});
    std::vector<JobId> ids;
    for (const char* key : {"7", "7", "8", "", "", "7"})
        ids.push_back(
            scene.submit({.limit_key = *key ? std::optional<std::string>(key) : std::nullopt}));
    expect_equal(scene.job(ids[0]).limit_key, "7", "limit_key");
    expect_equal(scene.job(ids[3]).limit_key, std::nullopt, "limit_key of a job without one");
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[2], ids[3], ids[4]}, "jobs claimed at first");
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), {ids[1]}, "jobs claimed after one of the key has ended");
}

void takes_all_places_or_none(Scene& scene) {
    scene.store().set_limit({.name = "all", .concurrency = 2});
    scene.store().set_limit({.name = "owner", .scope = LimitScope::owner, .concurrency = 1});
    const auto ids = submit_of(scene, {"ann", "ann", "bob", "cid"});
    expect_equal(claimed_ids(scene, 10), {ids[0], ids[2]}, "jobs claimed at first");
    complete(scene, ids[2]);
    expect_equal(claimed_ids(scene, 10), {ids[3]}, "jobs claimed after bob's has ended");
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), {ids[1]}, "jobs claimed after ann's has ended");
}

/// `end` ends the lease of the only admitted job.
void frees_the_place(Scene& scene, std::string_view how,
                     const std::function<void(const LeaseRef&)>& end) {
    scene.store().set_limit(
        {.name = std::string(how), .queue = std::string(how), .concurrency = 1});
    const std::vector<std::string> queues = {std::string(how)};
    const auto ids = scene.submit(2, {.queue = queues[0]});
    const auto first = scene.store().claim(
        {.worker = "worker", .queues = queues, .limit = 10, .lease_for = no_lease});
    expect_equal(ids_of(first.claimed), {ids[0]}, "jobs claimed at first");
    end(first.claimed[0].lease);
    expect_equal(claimed_ids(scene, 10, queues).size(), 1,
                 fmt::format("jobs claimed once it was {}", how));
}

void frees_its_place_however_it_ends(Scene& scene) {
    const JobError error{.code = "E1", .message = "broken", .details = {}};
    frees_the_place(scene, "completed", [&](const LeaseRef& lease) {
        scene.accept(Settlement::completed(lease, JsonText()));
    });
    frees_the_place(scene, "failed",
                    [&](const LeaseRef& lease) { scene.accept(Settlement::failed(lease, error)); });
    frees_the_place(scene, "retried", [&](const LeaseRef& lease) {
        scene.accept(Settlement::retried(lease, error, an_hour));
    });
    frees_the_place(scene, "released", [&](const LeaseRef& lease) {
        scene.accept(Settlement::released(lease, an_hour));
    });
    frees_the_place(scene, "rescued", [&](const LeaseRef&) { scene.rescue_one(); });
    frees_the_place(scene, "quarantined", [&](const LeaseRef&) { scene.rescue_one(1); });
    frees_the_place(scene, "cancelled", [&](const LeaseRef& lease) {
        scene.store().cancel(lease.id, {.force = true});
    });
    frees_the_place(scene, "removed", [&](const LeaseRef& lease) {
        scene.accept(Settlement::completed(lease, JsonText()));
        scene.store().remove(lease.id);
    });
}

void waits_again_after_a_retry(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2, {.run_at = long_ago});
    const auto first = scene.claim(10);
    scene.accept(Settlement::retried(first[0].lease, {}, Duration::zero()));
    const auto second = claimed_ids(scene, 10);
    expect_equal(second, {ids[1]}, "jobs claimed after a retry");
    complete(scene, ids[1]);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at the end");
}

void skips_those_that_were_cancelled(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(4);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    scene.store().cancel(ids[1], {});
    complete(scene, ids[0]);
    const std::vector<std::string> queues = {"default"};
    scene.store().exchange({}, {.worker = "worker", .queues = queues, .limit = 0});
    scene.store().cancel(ids[2], {});
    expect_equal(claimed_ids(scene, 10), {ids[3]}, "jobs claimed after two were cancelled");
}

void admits_other_queues(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .scope = LimitScope::key, .concurrency = 1});
    const auto first = scene.submit({.limit_key = "7"});
    const auto paused = scene.submit({.queue = "paused", .limit_key = "7"});
    const auto other = scene.submit({.queue = "other", .limit_key = "7"});
    expect_equal(claimed_ids(scene, 10, {"default", "paused", "other"}), {first},
                 "jobs claimed at first");
    scene.store().set_paused("paused", true);
    complete(scene, first);
    expect_equal(claimed_ids(scene, 10, {"paused", "other"}), {other},
                 "jobs claimed while the queue of the next one is paused");
    scene.store().set_paused("paused", false);
    complete(scene, other);
    expect_equal(claimed_ids(scene, 10, {"paused", "other"}), {paused}, "jobs claimed at the end");
}

void admits_to_other_workers(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .scope = LimitScope::key, .concurrency = 1});
    const auto first = scene.submit({.queue = "first", .limit_key = "7"});
    const auto other = scene.submit({.queue = "other", .limit_key = "7"});
    expect_equal(claimed_ids(scene, 10, {"first"}), {first}, "jobs claimed from one queue");
    expect_equal(claimed_ids(scene, 10, {"other"}), {},
                 "jobs claimed from another queue meanwhile");
    complete(scene, first);
    expect_equal(claimed_ids(scene, 10, {"first"}), {},
                 "jobs claimed from the first, which is empty");
    expect_equal(claimed_ids(scene, 10, {"other"}), {other},
                 "jobs claimed from the other afterwards");
    const auto last = scene.submit({.queue = "first", .limit_key = "7"});
    complete(scene, other);
    expect_equal(claimed_ids(scene, 10, {"other", "first"}), {last}, "jobs claimed at the end");
}

void counts_by_worker(Scene& scene) {
    const std::vector<Limit> limits = {{.name = "mine", .type = "test", .concurrency = 2}};
    const std::vector<std::string> queues = {"default"};
    const auto ids = scene.submit(6);
    const auto claim_as = [&](std::string_view worker) {
        return scene.store()
            .claim({.worker = worker,
                    .queues = queues,
                    .limit = 10,
                    .lease_for = long_lease,
                    .limits = limits})
            .claimed.size();
    };
    expect_equal(claim_as("worker 1"), 2, "jobs claimed by one");
    complete(scene, ids[0]);
    expect_equal(claim_as("worker 1"), 1, "jobs claimed by it after one has ended");
    expect_equal(claim_as("worker 1"), 0, "jobs claimed by it while its slots are taken");
}

void may_be_changed(Scene& scene) {
    auto limit = Limit{.name = "some", .concurrency = 1};
    scene.store().set_limit(limit);
    const auto ids = scene.submit(6);
    expect_equal(claimed_ids(scene, 10), {ids[0]}, "jobs claimed at first");
    limit.concurrency = 3;
    scene.store().set_limit(limit);
    expect_equal(claimed_ids(scene, 10), {ids[1], ids[2]}, "jobs claimed under a higher limit");
    limit.concurrency = 1;
    scene.store().set_limit(limit);
    complete(scene, ids[0]);
    expect_equal(claimed_ids(scene, 10), {}, "jobs claimed under a lower limit");
    scene.store().set_limit({.name = "some"});
    expect_equal(claimed_ids(scene, 10), {ids[3], ids[4], ids[5]}, "jobs claimed without a limit");
}

void lists_limits(Scene& scene) {
    const Limit first{.name = "a",
                      .queue = "reports",
                      .type = "test",
                      .scope = LimitScope::key,
                      .concurrency = 3,
                      .rate = 7,
                      .period = std::chrono::minutes{5},
                      .burst = 2};
    const Limit second{
        .name = "b", .queue = "reports", .scope = LimitScope::owner, .round_robin = true};
    expect_equal(scene.store().limits().size(), 0, "limits at first");
    scene.store().set_limit(second);
    scene.store().set_limit({.name = "a", .concurrency = 1});
    scene.store().set_limit(first);
    expect(scene.store().limits() == std::vector{first, second}, "the limits as set, by name");
    expect(scene.open()->limits() == std::vector{first, second}, "the same in another object");
    scene.store().set_limit({.name = "a"});
    scene.store().set_limit({.name = "c"});
    expect(scene.store().limits() == std::vector{second}, "the remaining limits");
}

void takes_turns_within_a_claim(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    const std::vector<std::string> owners = {"ann", "bob", "cid"};
    for (const auto& owner : owners) submit_of(scene, std::vector(5, owner));
    std::vector<std::string> order;
    for (int claims = 0; order.size() < 15 && claims < 100; ++claims)
        for (const auto& job : scene.claim(6)) order.push_back(job.owner);
    expect_equal(order.size(), 15, "jobs claimed");
    for (std::size_t first = 0; first < order.size(); first += owners.size()) {
        const std::set<std::string> round(order.data() + first,
                                          order.data() + first + owners.size());
        expect_equal(round.size(), owners.size(),
                     fmt::format("owners of the jobs from place {} on", first));
    }
}

void takes_turns(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .scope = LimitScope::owner, .round_robin = true});
    const auto ids = submit_of(scene, {"ann", "ann", "ann", "ann", "ann", "bob", "bob", "cid"});
    std::vector<JobId> order;
    while (order.size() < 4)
        for (const auto& id : claimed_ids(scene, 1)) order.push_back(id);
    const auto dan = scene.submit({.owner = "dan"});
    for (const auto& id : claimed_ids(scene, 100)) order.push_back(id);
    while (order.size() < 9)
        for (const auto& id : claimed_ids(scene, 100)) order.push_back(id);
    const auto place = [&](const JobId& id) {
        return std::ranges::find(order, id) - order.begin();
    };
    std::ranges::sort(order.begin(), order.begin() + 3);
    expect_equal(std::vector(order.begin(), order.begin() + 3), {ids[0], ids[5], ids[7]},
                 "the first round");
    expect(place(ids[6]) < place(ids[2]), "the second start of one owner to come before the third "
                                          "of another");
    expect(place(dan) < place(ids[3]), "a later owner to wait for at most one round");
    for (std::size_t i = 1; i < 5; ++i)
        expect(place(ids[i - 1]) < place(ids[i]), "an owner's jobs to start in order");
}

void never_runs_too_many(Scene& scene) {
    constexpr std::size_t jobs = 120;
    constexpr int most = 3;
    scene.store().set_limit({.name = "most", .scope = LimitScope::key, .concurrency = most});
    scene.submit(jobs / 2, {.limit_key = "a"});
    scene.submit(jobs / 2, {.limit_key = "b"});
    std::atomic<std::size_t> done = 0;
    std::map<std::string, std::atomic<int>> running;
    running["a"] = running["b"] = 0;
    std::atomic<int> seen = 0;
    race(6, [&](std::size_t thread) {
        const auto store = scene.open();
        const std::vector<std::string> queues = {"default"};
        const auto worker = fmt::format("worker {}", thread);
        while (done < jobs) {
            const auto claimed =
                with_retries([&] {
                    return store->claim(
                        {.worker = worker, .queues = queues, .limit = 2, .lease_for = long_lease});
                }).claimed;
            for (const auto& job : claimed) {
                auto& count = running[*store->find({&job.lease.id, 1})[0]->limit_key];
                int now = ++count;
                for (int known = seen; now > known && !seen.compare_exchange_weak(known, now);) {
                }
            }
            for (const auto& job : claimed) {
                --running[*store->find({&job.lease.id, 1})[0]->limit_key];
                const auto settlement = Settlement::completed(job.lease, JsonText());
                with_retries([&] { return store->settle({&settlement, 1}); });
                ++done;
            }
        }
    });
    expect(seen <= most, fmt::format("at most {} jobs to run at once, not {}", most, seen.load()));
    expect_equal(done.load(), jobs, "jobs done");
}

} // namespace

Cases limit_cases() {
    return {
        {"a limit caps the jobs that run at once", limits_how_many_run},
        {"the next job takes the slot of a job that ends in the same call",
         takes_the_next_with_the_settlement},
        {"a job that waits for a limit is unchanged", leaves_a_waiting_job_as_it_was},
        {"a claim returns throttled jobs", returns_throttled_jobs},
        {"a claim returns a throttled job once per limit", returns_throttled_jobs_once},
        {"a claim returns a job throttled by round robin once", returns_round_robin_jobs_once},
        {"a job can be throttled again after an attempt",
         returns_throttled_jobs_again_after_an_attempt},
        {"jobs that wait for a limit do not delay others", passes_over_those_that_wait},
        {"a limit applies to a queue or a type", applies_to_a_queue_or_a_type},
        {"a limit without a queue and a type does not apply to the library's own jobs",
         leaves_the_librarys_own_jobs_alone},
        {"a limit per owner counts owners separately", counts_each_owner_apart},
        {"a limit per key counts keys separately", counts_each_key_apart},
        {"a job under several limits takes all of its slots or none", takes_all_places_or_none},
        {"a job frees its slot in whichever way it ends", frees_its_place_however_it_ends},
        {"a retried job waits for its limit again", waits_again_after_a_retry},
        {"the slot of a cancelled waiting job passes to the next", skips_those_that_were_cancelled},
        {"a limit keeps admitting other queues while one is paused", admits_other_queues},
        {"a slot freed by one worker passes to workers of other queues", admits_to_other_workers},
        {"a worker's own limit counts only its jobs", counts_by_worker},
        {"a limit can be changed and deleted", may_be_changed},
        {"limits are listed as set", lists_limits},
        {"a limit by round robin alternates owners", takes_turns},
        {"a claim of several jobs alternates owners", takes_turns_within_a_claim},
        {"several workers never exceed a limit", never_runs_too_many},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
