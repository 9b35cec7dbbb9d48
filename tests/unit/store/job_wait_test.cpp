#include <asyncjobs/store/job_wait.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

using namespace std::chrono_literals;

constexpr Timestamp today{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30}};

JobId id_of(std::uint64_t number) { return JobId::make(today, 0, number); }
std::string text_of(std::uint64_t number) { return std::string(id_of(number).text()); }
Count exactly(std::uint64_t value) { return {.value = value}; }

/// A pending job of the queue `mail`.
JobWait waiting() { return {.now = today, .queue = "mail"}; }

std::string described(const LimitWait& limit) {
    auto wait = waiting();
    wait.limit = limit;
    return describe(wait);
}

TEST_CASE("a job that is not pending does not wait") {
    for (const auto status :
         {JobStatus::processing, JobStatus::completed, JobStatus::failed, JobStatus::cancelled})
        CHECK(describe({.status = status}) ==
              "The job does not wait: it is " + std::string(to_string(status)) + ".");
}

TEST_CASE("a due job waits for those before it") {
    auto wait = waiting();
    CHECK(describe(wait) == "The job waits: it is due, and the next one to be claimed.");
    wait.before = exactly(1);
    CHECK(describe(wait) == "The job waits: it is due, and 1 job is to be claimed before it.");
    wait.before = exactly(2);
    CHECK(describe(wait) == "The job waits: it is due, and 2 jobs are to be claimed before it.");
    wait.before.precision = Count::Precision::at_least;
    CHECK(describe(wait) == "The job waits: it is due, and 2+ jobs are to be claimed before it.");
}

TEST_CASE("a due job waits for a worker that could run it") {
    auto wait = waiting();
    wait.type = "report";
    const auto described_with = [&](const WorkerWait& workers) {
        wait.workers = workers;
        return describe(wait);
    };
    CHECK(described_with({}) ==
          "The job waits: it is due, but no living worker serves its queue and "
          "has a handler for its type \"report\".");
    CHECK(described_with({.workers = 1, .busy = 1}) ==
          "The job waits: it is due, and of 1 worker that could run it 1 is busy.");
    CHECK(described_with({.workers = 5, .quiet = 1, .busy = 4}) ==
          "The job waits: it is due, and of 5 workers that could run it 4 are busy and 1 claims "
          "nothing.");
    wait.before = exactly(2);
    CHECK(
        described_with({.workers = 2, .quiet = 2}) ==
        "The job waits: it is due, 2 jobs are to be claimed before it, and of 2 workers that could "
        "run it 2 claim nothing.");
}

TEST_CASE("a scheduled job waits for its time, in a unit that suits it") {
    const auto due_in = [](Duration left) {
        auto wait = waiting();
        wait.not_before = today + left;
        return describe(wait);
    };
    CHECK(due_in(1us) == "The job waits: it is due in 1 s.");
    CHECK(due_in(119s) == "The job waits: it is due in 119 s.");
    CHECK(due_in(2min) == "The job waits: it is due in 2 min.");
    CHECK(due_in(119min) == "The job waits: it is due in 119 min.");
    CHECK(due_in(2h) == "The job waits: it is due in 2 h.");
    CHECK(due_in(47h) == "The job waits: it is due in 47 h.");
    CHECK(due_in(48h) == "The job waits: it is due in 2 days.");
}

TEST_CASE("a blocked job waits for its parents") {
    auto wait = waiting();
    wait.blocked_by = 1;
    wait.parents = {id_of(1)};
    CHECK(describe(wait) ==
          "The job waits: 1 of its parents has not finished (" + text_of(1) + ").");
    wait.blocked_by = 12;
    wait.parents.push_back(id_of(2));
    CHECK(describe(wait) ==
          "The job waits: 12 of its parents have not finished (" + text_of(1) + " and 11 more).");
}

TEST_CASE("a job of a paused queue waits for that first") {
    auto wait = waiting();
    wait.paused_since = today - 5min;
    CHECK(describe(wait) == "The job waits: its queue \"mail\" has been paused for 5 min, and it "
                            "is due, and the next one to be claimed.");
    wait.not_before = today + 3h;
    CHECK(describe(wait) ==
          "The job waits: its queue \"mail\" has been paused for 5 min, and it is due in 3 h.");
    wait.not_before.reset();
    wait.blocked_by = 2;
    CHECK(describe(wait) == "The job waits: its queue \"mail\" has been paused for 5 min, and 2 of "
                            "its parents have not finished.");
}

TEST_CASE("a job waits for the slots of a limit") {
    LimitWait wait = {.limit = {.name = "reports", .concurrency = 2},
                      .before = exactly(3),
                      .held = 2,
                      .holders = {id_of(1), id_of(2)}};
    CHECK(described(wait) == "The job waits: the limit \"reports\" holds it back: 2 of 2 slots are "
                             "in use (" +
                                 text_of(1) + " and 1 more), and 3 jobs wait before it.");
    wait.limit.scope = LimitScope::owner;
    wait.counted_for = "ann";
    wait.limit.concurrency = wait.held = 1;
    wait.holders.pop_back();
    wait.before = {};
    CHECK(described(wait) == "The job waits: the limit \"reports\" holds it back: for the owner "
                             "\"ann\", 1 of 1 slot is in use (" +
                                 text_of(1) + "), and no job waits before it.");
    wait.counted_for.clear();
    wait.holders.clear();
    CHECK(described(wait) == "The job waits: the limit \"reports\" holds it back: for jobs without "
                             "an owner, 1 of 1 slot is in use, and no job waits before it.");
}

TEST_CASE("a job waits for the next start of a rate") {
    LimitWait wait = {.limit = {.name = "api", .scope = LimitScope::key, .rate = 1},
                      .counted_for = "tenant 7",
                      .before = exactly(1),
                      .next_start = today + 12s};
    CHECK(described(wait) == "The job waits: the limit \"api\" holds it back: for the key \"tenant "
                             "7\", the next start is in 12 s, and 1 job waits before it.");
    wait.next_start = today;
    wait.limit.scope = LimitScope::limit;
    CHECK(described(wait) ==
          "The job waits: the limit \"api\" holds it back: 1 job waits before it.");
}

TEST_CASE("a job waits for its owner's turn") {
    const LimitWait wait = {
        .limit = {.name = "turns", .scope = LimitScope::owner, .round_robin = true},
        .counted_for = "ann",
        .before = {.value = Count::counted, .precision = Count::Precision::at_least}};
    CHECK(described(wait) == "The job waits: the limit \"turns\" holds it back: for the owner "
                             "\"ann\", jobs start in turns, and 10000+ jobs wait before it.");
}

} // namespace
