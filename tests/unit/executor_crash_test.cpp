#include "simulated_world.hpp"

#include <algorithm>

namespace {

/// Processes that die one after the other, each with jobs claimed ahead.
struct CrashWorld : World {
    static constexpr int jobs = 600;
    static constexpr Duration report_every = 100ms;
    NewJob own_job = {.type = "work"};
    std::vector<JobId> ids = {};
    std::unique_ptr<Executor> executor = {};
    int runs = 0;
    int runs_when_lost = 0;
    std::ptrdiff_t most_held = 0; ///< by a process when it died

    void submit_jobs() {
        std::vector<NewJob> all(jobs, own_job);
        for (const auto& submitted : client.submit(std::move(all))) ids.push_back(submitted.id);
    }

    std::ptrdiff_t count(JobStatus status) {
        return std::ranges::count_if(ids,
                                     [&](const JobId& id) { return find(id).status == status; });
    }
    int crashes() {
        int all = 0;
        for (const auto& id : ids) all += find(id).crashes;
        return all;
    }
    bool all_finished() {
        return std::ranges::all_of(ids, [&](const JobId& id) { return is_finished(status(id)); });
    }

    /// Starts a process in place of the dead one.
    void begin(const AsyncHandlerFunction& handler) {
        executor.reset();
        process = std::make_shared<testing::SimulatedRuntime>(simulation);
        auto own = options();
        own.lease_for = 5s;
        own.poll_every = 100ms;
        own.rescue_every = 500ms;
        own.report_every = report_every;
        executor = std::make_unique<Executor>(store, process, own);
        executor->handle_async("work", handler);
        executor->start();
    }

    AsyncHandlerFunction counting(Duration length) {
        return [this, run = taking(length)](const JsonText& input, JobContext& context,
                                            const Completion& done) {
            ++runs;
            run(input, context, done);
        };
    }

    void die() {
        most_held = std::max(most_held, count(JobStatus::processing));
        process->crash();
    }

    void rescue_all() {
        REQUIRE(until(
            [&] {
                memory.rescue(1000, options().crash_limit);
                return count(JobStatus::processing) == 0;
            },
            10s));
    }

    /// Kills a process with jobs claimed ahead, so that they report their starts first.
    void lose_jobs_ahead() {
        submit_jobs();
        begin(counting(1ms));
        REQUIRE(until([&] { return runs >= 50; }));
        die();
        rescue_all();
        runs_when_lost = runs;
    }

    /// Jobs lost ahead come first: some of them have run again.
    bool reports_starts() const { return runs >= runs_when_lost + 10; }
};

TEST_CASE_FIXTURE(CrashWorld, "jobs claimed ahead are not charged for their process's crash") {
    submit_jobs();
    for (int deaths = 1; deaths <= 8; ++deaths) {
        begin(counting(1ms));
        REQUIRE(until([&] { return runs >= 50 * deaths; }));
        die();
    }
    CHECK(most_held > 20);
    begin(counting(1ms));
    CHECK(until([&] { return all_finished(); }));
    CHECK(count(JobStatus::completed) == jobs);
    CHECK(crashes() <= 8 * 2); // those claimed for free slots
}

TEST_CASE_FIXTURE(
    CrashWorld,
    "only running jobs among those claimed ahead count a crash when their process dies") {
    submit_jobs();
    std::vector<JobId> started;
    begin([&](const JsonText& input, JobContext& context, const Completion& done) {
        started.push_back(context.id());
        taking(started.size() < 200 ? Duration{1ms} : Duration{1h})(input, context, done);
    });
    REQUIRE(until([&] { return started.size() == 201; }));
    simulation.run_for(report_every + at_once);
    die();
    REQUIRE(most_held > 20);
    rescue_all();
    CHECK(find(started[199]).crashes == 1);
    CHECK(find(started[200]).crashes == 1);
    CHECK(crashes() == 2);
}

TEST_CASE_FIXTURE(CrashWorld, "a job claimed ahead that kills its process at once is quarantined") {
    submit_jobs();
    const auto poison = ids[200];
    int deaths = 0;
    while (!all_finished()) {
        REQUIRE(deaths < 20);
        begin([&](const JsonText&, JobContext& context, const Completion& done) {
            process->after(1ms, [done] { done({}, JsonText()); });
            if (context.id() != poison) return;
            ++deaths;
            die();
        });
        until([&] { return process->is_crashed() || all_finished(); }, 10min);
    }
    CHECK(most_held > 20);
    CHECK(deaths == 4); // the store had not recorded its first start
    CHECK(find(poison).error->code == error_code::worker_lost);
    CHECK(count(JobStatus::completed) == jobs - 1);
    // Of the others, those that ran concurrently and those with an unrecorded outcome.
    CHECK(crashes() - find(poison).crashes <= 3 * 8);
}

TEST_CASE_FIXTURE(CrashWorld, "a start that can't be reported is released without a charge") {
    lose_jobs_ahead();
    const int crashes_before = crashes();
    begin(counting(1ms));
    plan = [&](std::string_view member) {
        return member == "renew" && reports_starts() ? Fault::failure : Fault::none;
    };
    REQUIRE(until([&] { return logged("report its start") > 0; }));
    simulation.run_for(10s);
    plan = {};
    CHECK(until([&] { return all_finished(); }));
    CHECK(count(JobStatus::completed) == jobs);
    CHECK(crashes() == crashes_before);
}

TEST_CASE_FIXTURE(CrashWorld, "waiting to report a start does not count towards the timeout") {
    own_job = {.type = "work", .max_attempts = 1, .timeout = 1s};
    lose_jobs_ahead();
    begin(counting(1ms));
    bool is_away = false;
    plan = [&](std::string_view member) {
        if (member != "renew" || !reports_starts()) return Fault::none;
        is_away = true;
        return Fault::unavailable;
    };
    REQUIRE(until([&] { return is_away; }));
    simulation.run_for(3s); // less than the time that a lease may be relied on
    plan = {};
    CHECK(until([&] { return all_finished(); }));
    CHECK(count(JobStatus::completed) == jobs);
}

TEST_CASE_FIXTURE(CrashWorld, "jobs that wait to report their start log nothing in an outage") {
    lose_jobs_ahead();
    begin(counting(1ms));
    int waiting = 0;
    plan = [&](std::string_view member) {
        if (!reports_starts()) return Fault::none;
        waiting += member == "renew" ? 1 : 0;
        return Fault::unavailable;
    };
    REQUIRE(until([&] { return waiting > 20; }));
    CHECK(logged("report its start") == 0);
    CHECK(logged("job store unavailable") == 1);
    plan = {};
    CHECK(until([&] { return all_finished(); }));
}

} // namespace
