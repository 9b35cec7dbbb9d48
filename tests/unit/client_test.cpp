#include "simulated_world.hpp"
#include "thrown.hpp"

#include <algorithm>
#include <functional>

namespace {

struct Report {
    static constexpr std::string_view type = "report";
    std::string from = "2011-01-01";
};
BOOST_DESCRIBE_STRUCT(Report, (), (from))

struct ClientWorld : World {
    /// Its store fails according to `plan`.
    Client faulty_client{faulty, process, {.poll_every = 1s}};

    std::size_t stored() { return memory.list({}).jobs.size(); }

    Executor executor{memory, process, options()};
    void serve(Duration length = {}) {
        executor.handle_async("work", taking(length));
        executor.start();
    }
};

TEST_CASE_FIXTURE(ClientWorld, "a submitted job is stored under a fresh id") {
    const auto first = client.submit(NewJob{.type = "work", .owner = "42"});
    const auto second = client.submit(NewJob{.type = "work"});
    CHECK(first.outcome == Submitted::Outcome::created);
    CHECK(first.id != second.id);
    CHECK(client.find(first.id)->owner == "42");
    CHECK(first.id.text().substr(4, 8) == "20250108"); // the runtime's clock
}

TEST_CASE_FIXTURE(ClientWorld, "a braced submit is one job, with times of the host's clock") {
    const auto later = std::chrono::system_clock::now() + 5s;
    const auto named = client.submit({.type = "work", .queue = "reports"});
    const auto delayed = client.submit({.type = "work", .run_at = later, .timeout = 30s});
    CHECK(client.find(named.id)->queue == "reports");
    CHECK(client.find(delayed.id)->run_at == std::chrono::floor<Duration>(later));
    CHECK(client.find(delayed.id)->timeout == 30s);
}

TEST_CASE_FIXTURE(ClientWorld, "the jobs of one submit have ids in its order and run in it") {
    std::vector<std::string> order;
    executor.handle("work", [&](const JsonText& input, JobContext& context) {
        order.emplace_back(input.text());
        if (input.text() == "0")
            for (int i = 10; i < 15; ++i)
                context.submit_with_result(
                    {.type = "work", .input = JsonText::parse(std::to_string(i))});
        return JsonText();
    });
    std::vector<NewJob> jobs(10);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 15; ++i) expected.push_back(std::to_string(i));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].type = "work";
        jobs[i].input = JsonText::parse(expected[i]);
    }
    const auto submitted = client.submit(jobs);
    CHECK(std::ranges::is_sorted(submitted, {}, &Submitted::id));
    executor.start();
    CHECK(until([&] { return order.size() == 15; }));
    CHECK(order == expected);
    const auto first = client.make_id(), second = client.make_id();
    CHECK(first < second);
}

TEST_CASE_FIXTURE(ClientWorld, "a typed submit sets type and input and keeps other members") {
    const auto id = client.submit(Report{.from = "2012-02-02"}, {.queue = "reports"}).id;
    const auto job = find(id);
    CHECK(job.type == "report");
    CHECK(job.queue == "reports");
    CHECK(job.input.text() == R"({"from":"2012-02-02"})");
}

TEST_CASE_FIXTURE(ClientWorld, "an invalid job is not stored, nor is its batch") {
    CHECK(has(refusal(Errc::invalid_argument, [&] { client.submit(NewJob{}); }), "type is \"\""));
    CHECK_THROWS_AS(client.submit(std::vector{NewJob{.type = "work"}, NewJob{}}), Error);
    CHECK(stored() == 0);
}

TEST_CASE_FIXTURE(ClientWorld, "a taken id of the caller is a conflict") {
    const NewJob job{.id = JobId::make({}, 1, 1), .type = "work"};
    client.submit(job);
    CHECK(has(refusal(Errc::conflict, [&] { client.submit(job); }), std::string(job.id.text())));
    const auto submitted = client.submit(std::vector{job, NewJob{.type = "work"}});
    CHECK(submitted[0].outcome == Submitted::Outcome::id_exists);
    CHECK(submitted[1].outcome == Submitted::Outcome::created);
}

TEST_CASE_FIXTURE(ClientWorld, "a taken unique key returns its holder") {
    const auto holder = client.submit(NewJob{.type = "work", .unique_key = "k"});
    const auto other = client.submit(NewJob{.type = "work", .unique_key = "k"});
    CHECK(other.outcome == Submitted::Outcome::key_taken);
    CHECK(other.id == holder.id);
    CHECK(client.submit(Report{}, {.unique_key = "k"}).id == holder.id);
    CHECK(stored() == 1);
}

TEST_CASE_FIXTURE(ClientWorld,
                  "a repeated idempotency key returns the first job without an error") {
    const NewJob job{
        .type = "work", .on_conflict = OnConflict::refuse, .idempotency_key = "request 7"};
    const auto first = client.submit(job);
    const auto again = client.submit(job);
    CHECK(again.outcome == Submitted::Outcome::repeated);
    CHECK(again.id == first.id);
    CHECK(again.created_at == first.created_at);
    CHECK(client.submit(Report{}, {.idempotency_key = "request 7"}).id == first.id);
    CHECK(stored() == 1);
}

TEST_CASE_FIXTURE(ClientWorld, "a batch returns outcomes in its order, an empty batch none") {
    std::vector<NewJob> jobs;
    for (int i = 0; i < 3; ++i) jobs.push_back({.type = "work", .owner = std::to_string(i)});
    const auto submitted = client.submit(jobs);
    REQUIRE(submitted.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(find(submitted[i].id).owner == std::to_string(i));
    plan = [](std::string_view) { return Fault::unavailable; };
    CHECK(faulty_client.submit(std::vector<NewJob>{}).empty());
}

TEST_CASE_FIXTURE(ClientWorld, "a submit is retried with growing delays") {
    int tries = 0;
    plan = [&](std::string_view) { return ++tries <= 3 ? Fault::busy : Fault::none; };
    const auto began = now();
    CHECK(faulty_client.submit(NewJob{.type = "work"}).outcome == Submitted::Outcome::created);
    CHECK(tries == 4);
    CHECK(now() - began >= 112ms); // 20 + 40 + 80, less the jitter
    CHECK(now() - began <= 140ms);
}

TEST_CASE_FIXTURE(ClientWorld, "a submit fails after its tries, and nothing happened") {
    int tries = 0;
    plan = [&](std::string_view) {
        ++tries;
        return Fault::unavailable;
    };
    CHECK(thrown_by([&] { faulty_client.submit(NewJob{.type = "work"}); }).code() ==
          Errc::store_unavailable);
    CHECK(tries == 5);
    CHECK(stored() == 0);
}

TEST_CASE_FIXTURE(ClientWorld, "a submit whose reply was lost finds its own job") {
    for (const auto fault : {Fault::reply_lost, Fault::lost_before}) {
        bool lost = false;
        plan = [&](std::string_view) { return std::exchange(lost, true) ? Fault::none : fault; };
        const auto before = stored();
        CHECK(faulty_client.submit(NewJob{.type = "work"}).outcome == Submitted::Outcome::created);
        CHECK(stored() == before + 1);
    }
}

TEST_CASE_FIXTURE(ClientWorld, "a submit with unknown outcome reports it when it fails") {
    int tries = 0;
    plan = [&](std::string_view) { return ++tries == 1 ? Fault::reply_lost : Fault::unavailable; };
    CHECK(thrown_by([&] { faulty_client.submit(NewJob{.type = "work"}); }).code() ==
          Errc::unknown_outcome);
    CHECK(stored() == 1);
}

TEST_CASE_FIXTURE(ClientWorld, "a batch notifies each of its queues once") {
    std::vector<std::string> queues;
    const auto subscription =
        memory.notifier().on_ready([&](std::string_view queue) { queues.emplace_back(queue); });
    client.submit(std::vector{NewJob{.type = "work", .queue = "a"},
                              NewJob{.type = "work", .queue = "b"},
                              NewJob{.type = "work", .queue = "a"}});
    CHECK(queues == std::vector<std::string>{"a", "b"});
}

TEST_CASE_FIXTURE(ClientWorld, "a wait ends as soon as the job is finished") {
    serve(5s);
    const auto id = submit();
    const auto began = now();
    const auto job = client.wait(id, 1min);
    CHECK(job->status == JobStatus::completed);
    CHECK(now() - began < 5s + 2 * at_once);
}

TEST_CASE_FIXTURE(ClientWorld, "a wait accepts the longest duration") {
    serve(5s);
    CHECK(client.wait(submit(), Duration::max())->status == JobStatus::completed);
}

TEST_CASE_FIXTURE(ClientWorld, "a wait for several jobs ends when the last one is finished") {
    serve(5s);
    const auto first = submit();
    const auto second = client.submit({.type = "work", .delay = 20s}).id;
    const auto began = now();
    const std::vector ids{second, JobId(), first, second};
    const auto jobs = client.wait(ids, 1min);
    REQUIRE(jobs.size() == 4);
    CHECK_FALSE(jobs[1]);
    for (const std::size_t i : {0u, 2u, 3u}) {
        CHECK(jobs[i]->id == ids[i]);
        CHECK(jobs[i]->status == JobStatus::completed);
    }
    CHECK(now() - began >= 25s);
    CHECK(now() - began < 25s + 4 * at_once);
    CHECK(client.wait(std::span<const JobId>(), 1min).empty());
}

TEST_CASE_FIXTURE(ClientWorld, "a wait for several jobs that times out returns their states") {
    serve(10s);
    const std::vector ids{submit(), client.submit({.type = "work", .delay = 1h}).id};
    const auto began = now();
    const auto jobs = client.wait(ids, 30s);
    CHECK(now() - began == 30s);
    CHECK(jobs[0]->status == JobStatus::completed);
    CHECK(jobs[1]->status == JobStatus::pending);
}

TEST_CASE_FIXTURE(ClientWorld, "a wait for a result returns it as its type, or the reason") {
    executor.handle("work", [](const JsonText& input, JobContext&) {
        if (input.text() == "\"fail\"") throw JobFailure("no_paper", "the tray is empty");
        return JsonText::parse(R"({"from": "2011-02-03"})");
    });
    executor.start();
    const auto submit_with = [&](const char* input) {
        return client.submit({.type = "work", .input = JsonText::parse(input), .max_attempts = 1})
            .id;
    };
    CHECK(client.wait_for<Report>(submit_with("1"), 1min)->from == "2011-02-03");
    CHECK(thrown_by([&] { client.wait_for<int>(submit_with("1"), 1min); }).code() ==
          Errc::invalid_payload);

    const auto failed = submit_with("\"fail\"");
    const auto reason = thrown_by([&] { client.wait_for<Report>(failed, 1min); });
    CHECK(reason.code() == Errc::conflict);
    CHECK(reason.message() ==
          "job " + std::string(failed.text()) + " failed: the tray is empty (no_paper)");
    const auto later = client.submit({.type = "work", .delay = 1h}).id;
    CHECK_FALSE(client.wait_for<Report>(later, 1s));
    client.cancel(later);
    CHECK(thrown_by([&] { client.wait_for<Report>(later, 1s); }).message() ==
          "job " + std::string(later.text()) + " was cancelled");
    CHECK(thrown_by([&] { client.wait_for<Report>(JobId(), 1s); }).code() == Errc::not_found);
}

TEST_CASE_FIXTURE(ClientWorld, "a wait that times out returns the job's current state") {
    serve(1h);
    const auto id = submit();
    const auto began = now();
    CHECK(client.wait(id, 2s)->status == JobStatus::processing);
    CHECK(now() - began == 2s);
    CHECK(client.wait(id, -1s)->status == JobStatus::processing);
    CHECK_FALSE(client.wait(JobId(), 1min));
}

TEST_CASE_FIXTURE(ClientWorld,
                  "a watch receives the job's current state, its changes and its end") {
    const auto id = submit();
    std::vector<JobStatus> seen;
    std::vector<std::int64_t> revisions;
    const auto watch = client.watch(id, [&](const std::optional<Job>& job) {
        seen.push_back(job->status);
        revisions.push_back(job->revision);
    });
    until([] { return false; }, 100ms);
    CHECK(seen == std::vector{JobStatus::pending});
    serve(1s);
    CHECK(until([&] { return is_finished(seen.back()); }));
    CHECK(seen == std::vector{JobStatus::pending, JobStatus::processing, JobStatus::completed});
    CHECK(std::ranges::adjacent_find(revisions, std::greater_equal{}) == revisions.end());
}

TEST_CASE_FIXTURE(ClientWorld, "a watch of a removed job is called once without a job") {
    int calls = 0;
    bool empty = false;
    const auto watch = client.watch(JobId::make({}, 1, 1), [&](const std::optional<Job>& job) {
        ++calls;
        empty = !job;
    });
    until([] { return false; }, 1min);
    CHECK(calls == 1);
    CHECK(empty);
}

TEST_CASE_FIXTURE(ClientWorld, "a watch without hints polls") {
    const auto id = submit();
    JobStatus seen = JobStatus::pending;
    const auto watch = client.watch(id, [&](const std::optional<Job>& job) { seen = job->status; });
    until([] { return false; }, 10ms);
    memory.cancel(id, {});
    CHECK(until([&] { return seen == JobStatus::cancelled; }, 600ms));
}

TEST_CASE_FIXTURE(ClientWorld, "a watch survives an outage of the store") {
    const auto id = submit();
    JobStatus seen = JobStatus::pending;
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto watch =
        faulty_client.watch(id, [&](const std::optional<Job>& job) { seen = job->status; });
    client.cancel(id);
    until([] { return false; }, 10s);
    CHECK(seen == JobStatus::pending);
    plan = {};
    CHECK(until([&] { return seen == JobStatus::cancelled; }, 2s));
}

TEST_CASE_FIXTURE(ClientWorld, "an ended watch is not called") {
    const auto id = submit();
    int calls = 0;
    {
        const auto watch = client.watch(id, [&](const std::optional<Job>&) { ++calls; });
        until([] { return false; }, 10ms);
    }
    client.cancel(id);
    until([] { return false; }, 10s);
    CHECK(calls == 1);
}

TEST_CASE_FIXTURE(ClientWorld, "a watch may outlive its client") {
    const auto id = submit();
    int calls = 0;
    Client::Watch watch;
    {
        Client brief(memory, process);
        watch = brief.watch(id, [&](const std::optional<Job>&) { ++calls; });
    }
    client.cancel(id);
    until([] { return false; }, 10s);
    CHECK(calls == 0);
    watch = {};
}

TEST_CASE_FIXTURE(ClientWorld, "a retried job is claimed again at once") {
    const auto id = submit();
    CHECK(client.cancel(id) == CancelOutcome::cancelled);
    serve();
    until([] { return false; }, 1s);
    CHECK(client.retry(id) == RetryOutcome::retried);
    CHECK(finishes(id, at_once));
    CHECK(client.retry(id) == RetryOutcome::already_completed);
    CHECK(client.remove(id) == RemoveOutcome::removed);
    CHECK_FALSE(client.find(id));
}

TEST_CASE_FIXTURE(ClientWorld, "a resumed queue is claimed from at once") {
    client.set_paused("default", true);
    serve();
    const auto id = submit();
    CHECK(client.workload("default", "work").paused);
    CHECK_FALSE(finishes(id, 10s));
    client.set_paused("default", false);
    CHECK(finishes(id, at_once));
}

TEST_CASE_FIXTURE(ClientWorld, "a drained queue has no running jobs and stays paused") {
    serve(10s);
    const auto id = submit();
    CHECK(until([&] { return status(id) == JobStatus::processing; }));
    JobId late;
    process->after(1s, [&] { late = submit(); });
    CHECK_FALSE(client.drain("default", 5s));
    CHECK(status(id) == JobStatus::processing);
    CHECK(client.drain("default", 1min));
    CHECK(status(id) == JobStatus::completed);
    CHECK(client.workload("default", "work").paused);
    CHECK(status(late) == JobStatus::pending);
    const auto began = now();
    CHECK(client.drain("default", 1min));
    CHECK(now() == began);
}

TEST_CASE_FIXTURE(ClientWorld, "a bad option throws an error with its name, value and range") {
    const auto refusal_of = [&](ClientOptions options) {
        return refusal(Errc::invalid_argument, [&] { Client(memory, process, options); });
    };
    CHECK(has(refusal_of({.poll_every = 0us}),
              "poll_every is 0 us, but must be from 1000 us to 3600000000 us"));
    CHECK(has(refusal_of({.submit_tries = 0}), "submit_tries is 0, but must be from 1 to 100"));
    CHECK(has(refusal_of({.batch_limit = 0}), "batch_limit is 0, but must be from 1 to 100000"));
}

} // namespace
