#include "operator_api.hpp"

#include <map>

using namespace operator_test;
using namespace std::chrono_literals;

namespace {

/// An API on a store whose clock the test moves. It begins half an hour after a full hour.
struct ProblemApi {
    explicit ProblemApi(operations::Options options = {}, std::string counted = "search")
        : api((options.refresh_every = 1min, std::move(options)),
              std::make_unique<CountingStore>(memory, std::move(counted))) {}

    /// The problems of all callers are read once: prepare them before.
    boost::json::array problems() {
        return document(api.get("/problems")).at("problems").as_array();
    }
    /// `kind subject severity` of each.
    std::vector<std::string> briefly() {
        std::vector<std::string> found;
        for (const auto& problem : problems())
            found.push_back(std::string(problem.at("kind").as_string()) + ' ' +
                            std::string(problem.at("subject").as_string()) + ' ' +
                            std::string(problem.at("severity").as_string()));
        return found;
    }
    void report(std::string worker, std::vector<std::string> queues = {"default"},
                std::vector<std::string> types = {"report"}, std::vector<Tally> tallies = {}) {
        memory.operators()->heartbeat({.report = {.worker = std::move(worker),
                                                  .started_at = now,
                                                  .concurrency = 1,
                                                  .queues = std::move(queues),
                                                  .types = std::move(types),
                                                  .next_within = 10s},
                                       .run = 1,
                                       .number = ++heartbeats,
                                       .tallies = std::move(tallies)});
    }
    /// Failures of reports at a time before now.
    static Tally failures(Timestamp at, std::uint64_t count) {
        return {.key = {.start = start_of(TallyPeriod::minute, at),
                        .queue = "default",
                        .type = "report",
                        .outcome = TallyOutcome::retried,
                        .error_code = "E7"},
                .count = count};
    }

    Timestamp now = Timestamp(std::chrono::days{20'000}) + 12h + 30min;
    std::uint64_t heartbeats = 0;
    MemoryJobStore memory{[this] { return now; }};
    OperatorApi api;
};

using Found = std::vector<std::string>;

} // namespace

TEST_CASE("a service whose jobs are claimed in time has no problems") {
    ProblemApi api;
    api.api.submit();
    api.api.submit({.queue = "later", .delay = 1h});
    api.report("one");
    CHECK(api.briefly() == Found{});
}

TEST_CASE("a queue with due jobs that no living worker serves is critical") {
    ProblemApi api;
    api.report("dead", {"reports"});
    api.now += 31s;
    api.report("other", {"mail"});
    api.api.submit({.queue = "reports"});
    const auto problem = api.problems().at(0);
    CHECK(problem.at("kind") == "queue_without_worker");
    CHECK(problem.at("severity") == "critical");
    CHECK(problem.at("subject") == "reports");
    CHECK(problem.at("since").as_string() == to_rfc3339(api.now));
    CHECK(problem.at("sentence") ==
          "1 job is due in the queue \"reports\", but no living worker serves it");
}

TEST_CASE("a type with due jobs that no living worker of its queue handles is critical") {
    ProblemApi api;
    api.report("one", {"default"}, {"report"});
    api.report("elsewhere", {"mails"}, {"mail"});
    for (const char* type : {"mail", "report", "mail"}) api.api.submit({.type = type});
    api.api.submit({.type = "later", .delay = 1h});
    const auto parent = api.api.submit();
    api.api.submit({.type = "blocked", .after = {parent}});
    REQUIRE(api.problems().size() == 1);
    const auto problem = api.problems().at(0);
    CHECK(problem.at("kind") == "type_without_worker");
    CHECK(problem.at("severity") == "critical");
    CHECK(problem.at("subject") == "mail in default");
    CHECK(problem.at("sentence") ==
          "jobs of the type \"mail\" are due in the queue \"default\", but no living worker that "
          "serves it has a handler for them");
}

TEST_CASE("a queue whose oldest due job has waited for long is a problem, the longer the worse") {
    const auto found = [](Duration waited) {
        ProblemApi api;
        api.api.submit();
        api.now += waited;
        api.report("one");
        return api.briefly();
    };
    CHECK(found(5min) == Found{});
    CHECK(found(6min) == Found{"queue_late default warning"});
    CHECK(found(61min) == Found{"queue_late default critical"});
    ProblemApi api;
    api.api.submit();
    api.now += 6min;
    api.report("one");
    CHECK(api.problems().at(0).at("sentence") ==
          "the oldest due job of the queue \"default\" has waited for 6 min; 1 job is due");
}

TEST_CASE("a queue that has been paused for long with due jobs is a problem") {
    ProblemApi api;
    for (const char* queue : {"paused", "idle"}) api.api.client.set_paused(queue, true);
    api.api.submit({.queue = "paused"});
    api.now += 61min;
    api.api.client.set_paused("short", true);
    api.api.submit({.queue = "short"});
    const auto problems = api.problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].at("kind") == "queue_paused");
    CHECK(problems[0].at("severity") == "warning");
    CHECK(problems[0].at("sentence") ==
          "the queue \"paused\" has been paused for 61 min, and 1 job is due");
}

TEST_CASE("a dead worker is a problem while jobs are leased to it") {
    ProblemApi api;
    api.api.submit();
    const std::vector<std::string> queues = {"default"};
    api.memory.claim({.worker = "dead", .queues = queues, .limit = 1, .lease_for = 1h});
    api.report("dead");
    api.report("idle");
    api.now += 40s;
    const auto problems = api.problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].at("kind") == "worker_dead");
    CHECK(problems[0].at("subject") == "dead");
    CHECK(
        problems[0].at("sentence") ==
        "the last heartbeat of the worker \"dead\" was 40 s ago, and 1 job is still leased to it");
}

TEST_CASE("failures that are three times as frequent as in the day before are a problem") {
    const auto found = [](std::uint64_t recent, std::uint64_t before) {
        ProblemApi api;
        std::vector<Tally> tallies = {api.failures(api.now - 20min, recent)};
        for (int hour = 2; hour < 26; ++hour) // in each of the 24 hours
            if (before > 0) tallies.push_back(api.failures(api.now - hour * 1h, before));
        api.report("one", {"default"}, {"report"}, tallies);
        return !api.problems().empty();
    };
    // The last hour and a half is compared.
    CHECK(found(10, 0));
    CHECK_FALSE(found(9, 0));
    CHECK(found(18, 4));
    CHECK_FALSE(found(17, 4));
    ProblemApi api;
    api.report("one", {"default"}, {"report"}, {api.failures(api.now, 12)});
    const auto problem = api.problems().at(0);
    CHECK(problem.at("kind") == "failures_rose");
    CHECK(problem.at("subject") == "report E7");
    CHECK(problem.at("sentence") ==
          "attempts of \"report\" in the queue \"default\" failed 12 times with the code \"E7\" in "
          "the last 90 min; in the day before, 0.0 times an hour");
}

TEST_CASE("problems come with the worst first, and of those the oldest") {
    ProblemApi api;
    api.api.submit({.queue = "late"});
    api.now += 10min;
    api.api.submit({.queue = "b"});
    api.now += 1min;
    api.api.submit({.queue = "a"});
    api.report("one", {"late"});
    CHECK(api.briefly() == Found{"queue_without_worker b critical",
                                 "queue_without_worker a critical", "queue_late late warning"});
}

TEST_CASE("problems outside of an operator's view do not exist for it") {
    ProblemApi api(
        {.visible = [](const http::Principal&, std::string_view queue, std::string_view type) {
            return queue != "secret" && type != "mail";
        }});
    api.report("one", {"default", "secret"});
    api.api.submit({.queue = "secret"});
    api.api.submit({.type = "mail"});
    api.api.submit({.queue = "lonely"});
    api.now += 10min;
    api.report("one", {"default", "secret"});
    CHECK(api.briefly() ==
          Found{"queue_without_worker lonely critical", "queue_late default warning"});
}

TEST_CASE("all callers share one reading of problems, which has few calls of the store") {
    for (const auto& [member, calls] : std::map<std::string, int>{
             {"search", 20}, {"history", 1}, {"queues", 1}, {"workers", 1}}) {
        ProblemApi api({}, member);
        for (int i = 0; i < 30; ++i) {
            const auto name = "queue" + std::to_string(i);
            api.api.submit({.queue = name});
            api.report(name, {name});
        }
        for (int i = 0; i < 5; ++i) CHECK(api.briefly() == Found{});
        CHECK(static_cast<CountingStore&>(*api.api.other).calls == calls);
    }
}
