#include "conformance_check.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

constexpr Duration a_year = std::chrono::days{366};

std::vector<JobId> claim(Scene& scene, std::size_t limit,
                         const std::vector<std::string>& queues = {"default"}) {
    return ids_of(scene.claim(limit, queues));
}

/// Settles, and claims whatever may start.
Exchange exchange_all(Scene& scene, std::span<const Settlement> settlements = {}) {
    const std::vector<std::string> queues = {"default"};
    return scene.store().exchange(
        settlements, {.worker = "worker", .queues = queues, .limit = 10, .lease_for = long_lease});
}

void complete(Scene& scene, const JobId& id) {
    scene.accept(Settlement::completed({id, scene.job(id).fence}, JsonText()));
}

std::vector<JobId> submit_of(Scene& scene, const std::vector<std::string>& owners) {
    std::vector<JobId> ids;
    for (const auto& owner : owners) ids.push_back(scene.submit({.owner = owner}));
    return ids;
}

void limits_how_many_run(Scene& scene) {
    scene.store().set_limit({.name = "two", .concurrency = 2});
    const auto ids = scene.submit(4);
    expect_equal(claim(scene, 10), {ids[0], ids[1]}, "jobs claimed at first");
    expect_equal(claim(scene, 10), {}, "jobs claimed while all places are taken");
    complete(scene, ids[1]);
    expect_equal(claim(scene, 10), {ids[2]}, "jobs claimed after one has ended");
    complete(scene, ids[0]);
    complete(scene, ids[2]);
    expect_equal(claim(scene, 10), {ids[3]}, "jobs claimed at the end");
}

void takes_the_next_with_the_settlement(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2);
    expect_equal(claim(scene, 10), {ids[0]}, "jobs claimed at first");
    const auto settlement = Settlement::completed({ids[0], scene.job(ids[0]).fence}, JsonText());
    const auto exchange = exchange_all(scene, {&settlement, 1});
    expect_equal(ids_of(exchange.claimed), {ids[1]}, "jobs claimed in the same call");
}

void leaves_a_waiting_job_as_it_was(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    scene.submit();
    const auto waiting = scene.submit({.limit_key = "tenant 7"});
    const auto before = scene.job(waiting);
    expect_equal(scene.claim(10).size(), 1, "jobs claimed");
    auto expected = before;
    const auto found = scene.job(waiting);
    expected.revision = found.revision;
    expected.updated_at = found.updated_at;
    expected.fence = found.fence;
    expected.worker = found.worker;
    expect_same(found, expected, "of a job that waits for a limit");
}

void says_whom_it_held_back(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(2, {.type = "mail"});
    const auto exchange = exchange_all(scene);
    expect_equal(exchange.held_back.size(), 1, "jobs held back");
    const auto& held_back = exchange.held_back[0];
    expect_equal(held_back.id, ids[1], "id");
    expect_equal(held_back.type, "mail", "type");
    expect_equal(held_back.queue, "default", "queue");
    expect_equal(held_back.limit, "one", "limit");
    expect_equal(held_back.created_at, scene.job(ids[1]).created_at, "created_at");
}

void passes_over_those_that_wait(Scene& scene) {
    scene.store().set_limit({.name = "slow", .type = "slow", .concurrency = 1});
    const auto slow = scene.submit(50, {.type = "slow"});
    const auto quick = scene.submit(2, {.type = "quick"});
    expect_equal(claim(scene, 1), {slow[0]}, "first claim");
    expect_equal(claim(scene, 2), quick, "second claim");
    complete(scene, slow[0]);
    expect_equal(claim(scene, 2), {slow[1]}, "third claim");
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
    scene.store().set_limit({.name = "fair-share", .per = LimitPer::owner, .concurrency = 1});
    const auto ids = submit_of(scene, {"ann", "ann", "bob", "", "", "ann"});
    expect_equal(claim(scene, 10), {ids[0], ids[2], ids[3]}, "jobs claimed at first");
    complete(scene, ids[2]);
    expect_equal(claim(scene, 10), {}, "jobs claimed after one of another owner has ended");
    complete(scene, ids[3]);
    complete(scene, ids[0]);
    expect_equal(claim(scene, 10), {ids[1], ids[4]}, "jobs claimed after their owners' have ended");
}

void counts_each_key_apart(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .per = LimitPer::key, .concurrency = 1});
    std::vector<JobId> ids;
    for (const char* key : {"7", "7", "8", "", "", "7"})
        ids.push_back(
            scene.submit({.limit_key = *key ? std::optional<std::string>(key) : std::nullopt}));
    expect_equal(scene.job(ids[0]).limit_key, "7", "limit_key");
    expect_equal(scene.job(ids[3]).limit_key, std::nullopt, "limit_key of a job without one");
    expect_equal(claim(scene, 10), {ids[0], ids[2], ids[3], ids[4]}, "jobs claimed at first");
    complete(scene, ids[0]);
    expect_equal(claim(scene, 10), {ids[1]}, "jobs claimed after one of the key has ended");
}

void takes_all_places_or_none(Scene& scene) {
    scene.store().set_limit({.name = "all", .concurrency = 2});
    scene.store().set_limit({.name = "owner", .per = LimitPer::owner, .concurrency = 1});
    const auto ids = submit_of(scene, {"ann", "ann", "bob", "cid"});
    expect_equal(claim(scene, 10), {ids[0], ids[2]}, "jobs claimed at first");
    complete(scene, ids[2]);
    expect_equal(claim(scene, 10), {ids[3]}, "jobs claimed after bob's has ended");
    complete(scene, ids[0]);
    expect_equal(claim(scene, 10), {ids[1]}, "jobs claimed after ann's has ended");
}

/// `end` ends the lease of the only job that may run.
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
    expect_equal(claim(scene, 10, queues).size(), 1,
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
    scene.accept(Settlement::released(first[0].lease, Duration::zero()));
    const auto second = claim(scene, 10);
    expect_equal(second, {ids[1]}, "jobs claimed after a release");
    complete(scene, ids[1]);
    expect_equal(claim(scene, 10), {ids[0]}, "jobs claimed at the end");
}

void skips_those_that_were_cancelled(Scene& scene) {
    scene.store().set_limit({.name = "one", .concurrency = 1});
    const auto ids = scene.submit(4);
    expect_equal(claim(scene, 10), {ids[0]}, "jobs claimed at first");
    scene.store().cancel(ids[1], {});
    complete(scene, ids[0]);
    const std::vector<std::string> queues = {"default"};
    scene.store().exchange({}, {.worker = "worker", .queues = queues, .limit = 0});
    scene.store().cancel(ids[2], {});
    expect_equal(claim(scene, 10), {ids[3]}, "jobs claimed after two were cancelled");
}

void goes_on_in_other_queues(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .per = LimitPer::key, .concurrency = 1});
    const auto first = scene.submit({.limit_key = "7"});
    const auto paused = scene.submit({.queue = "paused", .limit_key = "7"});
    const auto other = scene.submit({.queue = "other", .limit_key = "7"});
    expect_equal(claim(scene, 10, {"default", "paused", "other"}), {first},
                 "jobs claimed at first");
    scene.store().set_paused("paused", true);
    complete(scene, first);
    expect_equal(claim(scene, 10, {"paused", "other"}), {other},
                 "jobs claimed while the queue of the next one is paused");
    scene.store().set_paused("paused", false);
    complete(scene, other);
    expect_equal(claim(scene, 10, {"paused", "other"}), {paused}, "jobs claimed at the end");
}

void goes_on_by_other_workers(Scene& scene) {
    scene.store().set_limit({.name = "tenants", .per = LimitPer::key, .concurrency = 1});
    const auto first = scene.submit({.queue = "first", .limit_key = "7"});
    const auto other = scene.submit({.queue = "other", .limit_key = "7"});
    expect_equal(claim(scene, 10, {"first"}), {first}, "jobs claimed of one queue");
    expect_equal(claim(scene, 10, {"other"}), {}, "jobs claimed of another meanwhile");
    complete(scene, first);
    expect_equal(claim(scene, 10, {"first"}), {}, "jobs claimed of the first, which has no more");
    expect_equal(claim(scene, 10, {"other"}), {other}, "jobs claimed of the other afterwards");
    const auto last = scene.submit({.queue = "first", .limit_key = "7"});
    complete(scene, other);
    expect_equal(claim(scene, 10, {"other", "first"}), {last}, "jobs claimed at the end");
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
    expect_equal(claim_as("worker 1"), 0, "jobs claimed by it while its places are taken");
}

void may_be_changed(Scene& scene) {
    auto limit = Limit{.name = "some", .concurrency = 1};
    scene.store().set_limit(limit);
    const auto ids = scene.submit(6);
    expect_equal(claim(scene, 10), {ids[0]}, "jobs claimed at first");
    limit.concurrency = 3;
    scene.store().set_limit(limit);
    expect_equal(claim(scene, 10), {ids[1], ids[2]}, "jobs claimed under a higher limit");
    limit.concurrency = 1;
    scene.store().set_limit(limit);
    complete(scene, ids[0]);
    expect_equal(claim(scene, 10), {}, "jobs claimed under a lower limit");
    scene.store().set_limit({.name = "some"});
    expect_equal(claim(scene, 10), {ids[3], ids[4], ids[5]}, "jobs claimed without a limit");
}

void lists_limits(Scene& scene) {
    const Limit first{.name = "a",
                      .queue = "reports",
                      .type = "test",
                      .per = LimitPer::key,
                      .concurrency = 3,
                      .rate = 7,
                      .period = std::chrono::minutes{5},
                      .burst = 2};
    const Limit second{.name = "b", .queue = "reports", .per = LimitPer::owner, .in_turn = true};
    expect_equal(scene.store().limits().size(), 0, "limits at first");
    scene.store().set_limit(second);
    scene.store().set_limit({.name = "a", .concurrency = 1});
    scene.store().set_limit(first);
    expect(scene.store().limits() == std::vector{first, second}, "the limits as set, by name");
    expect(scene.open()->limits() == std::vector{first, second}, "the same in another object");
    scene.store().set_limit({.name = "a"});
    scene.store().set_limit({.name = "c"});
    expect(scene.store().limits() == std::vector{second}, "those that are left");
}

void limits_the_rate(Scene& scene) {
    scene.store().set_limit({.name = "rate", .rate = 4, .period = a_year, .burst = 3});
    const auto ids = scene.submit(6);
    const auto exchange = exchange_all(scene);
    expect_equal(ids_of(exchange.claimed), {ids[0], ids[1], ids[2]}, "jobs claimed");
    expect(exchange.next_due_in && *exchange.next_due_in > a_year / 5, "the rest to be due later");
    for (const auto& id : {ids[0], ids[1], ids[2]}) complete(scene, id);
    expect_equal(claim(scene, 10), {}, "jobs claimed after these have ended");
    const auto run_at = [&](std::size_t i) { return scene.job(ids[i]).run_at; };
    const auto started_at = *scene.job(ids[0]).started_at;
    expect_equal(run_at(3), started_at + a_year / 4, "run_at of the first that has to wait");
    expect_equal(run_at(4), run_at(3) + a_year / 4, "run_at of the second");
    expect_equal(run_at(5), run_at(4) + a_year / 4, "run_at of the third");
    scene.store().set_limit({.name = "rate", .rate = 8, .period = a_year, .burst = 5});
    expect(!claim(scene, 10).empty(), "a higher rate to let some of them go");
    scene.store().set_limit({.name = "rate"});
    claim(scene, 10);
    expect_equal(scene.job(ids[5]).status, JobStatus::processing, "the last, without a limit");
}

void spends_no_rate_on_jobs_that_do_not_start(Scene& scene) {
    scene.store().set_limit({.name = "a-rate", .rate = 1, .period = a_year, .burst = 2});
    scene.store().set_limit({.name = "one", .type = "slow", .concurrency = 1});
    const auto slow = scene.submit(3, {.type = "slow"});
    const auto quick = scene.submit({.type = "quick"});
    expect_equal(claim(scene, 10), {slow[0], quick}, "jobs claimed");
}

void takes_turns(Scene& scene) {
    scene.store().set_limit(
        {.name = "turns", .queue = "default", .per = LimitPer::owner, .in_turn = true});
    const auto ids = submit_of(scene, {"ann", "ann", "ann", "ann", "ann", "bob", "bob", "cid"});
    std::vector<JobId> order;
    while (order.size() < 4)
        for (const auto& id : claim(scene, 1)) order.push_back(id);
    const auto dan = scene.submit({.owner = "dan"});
    for (const auto& id : claim(scene, 100)) order.push_back(id);
    while (order.size() < 9)
        for (const auto& id : claim(scene, 100)) order.push_back(id);
    const auto place = [&](const JobId& id) {
        return std::ranges::find(order, id) - order.begin();
    };
    std::ranges::sort(order.begin(), order.begin() + 3);
    expect_equal(std::vector(order.begin(), order.begin() + 3), {ids[0], ids[5], ids[7]},
                 "the first turn");
    expect(place(ids[6]) < place(ids[2]), "the second turn of one owner to come before the third "
                                          "of another");
    expect(place(dan) < place(ids[3]), "one who came later to wait for no more than a turn");
    for (std::size_t i = 1; i < 5; ++i)
        expect(place(ids[i - 1]) < place(ids[i]), "an owner's jobs to start in their order");
}

void never_runs_too_many(Scene& scene) {
    constexpr std::size_t jobs = 120;
    constexpr int most = 3;
    scene.store().set_limit({.name = "most", .per = LimitPer::key, .concurrency = most});
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
                patiently([&] {
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
                patiently([&] { return store->settle({&settlement, 1}); });
                ++done;
            }
        }
    });
    expect(seen <= most,
           fmt::format("at most {} jobs to run at once, and not {}", most, seen.load()));
    expect_equal(done.load(), jobs, "jobs done");
}

} // namespace

Cases limit_cases() {
    return {
        {"a limit lets no more jobs run at once", limits_how_many_run},
        {"the next job takes the place of one that ends in the same call",
         takes_the_next_with_the_settlement},
        {"a job that waits for a limit is as it was", leaves_a_waiting_job_as_it_was},
        {"a claim says whom a limit held back", says_whom_it_held_back},
        {"jobs that wait for a limit hold up no others", passes_over_those_that_wait},
        {"a limit applies to a queue or a type", applies_to_a_queue_or_a_type},
        {"a limit per owner counts each owner apart", counts_each_owner_apart},
        {"a limit per key counts each key apart", counts_each_key_apart},
        {"a job under several limits takes all of its places or none", takes_all_places_or_none},
        {"a job frees its place however it ends", frees_its_place_however_it_ends},
        {"a job that was given back waits again", waits_again_after_a_retry},
        {"the place of a waiting job that is cancelled goes to the next",
         skips_those_that_were_cancelled},
        {"a limit goes on in other queues while one is paused", goes_on_in_other_queues},
        {"a place that one worker leaves is for whoever serves the next one's queue",
         goes_on_by_other_workers},
        {"a worker's own limit counts its jobs only", counts_by_worker},
        {"a limit may be changed and taken away", may_be_changed},
        {"limits are listed as they were set", lists_limits},
        {"a rate lets a burst start and the rest later", limits_the_rate},
        {"a job that may not start spends no rate", spends_no_rate_on_jobs_that_do_not_start},
        {"owners take turns", takes_turns},
        {"several workers never run too many", never_runs_too_many},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
