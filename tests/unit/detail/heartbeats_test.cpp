#include "../simulated_world.hpp"

#include <asyncjobs/detail/heartbeats.hpp>
#include <asyncjobs/detail/tally_book.hpp>

namespace {

using detail::Heartbeats;
using detail::TallyBook;

constexpr Duration heartbeat_period = 5s;

/// A store whose operators() fail in one way, which is no fault of FaultyJobStore.
class WithoutHeartbeats final : public InterceptingJobStore<WithoutHeartbeats, ForwardingJobStore> {
public:
    using InterceptingJobStore::InterceptingJobStore;

    OperatorStore* operators() noexcept override { return &operators_; }

    int calls = 0;

private:
    friend InterceptingJobStore;
    friend InterceptingOperatorStore<WithoutHeartbeats>;

    auto intercept(std::string_view, const auto& call) {
        ++calls;
        if (calls > 0) throw Error(Errc::unsupported, "no heartbeats");
        return call(inner());
    }

    InterceptingOperatorStore<WithoutHeartbeats> operators_{*this};
};

/// A worker that reports to `store`.
struct ReportingWorld : World {
    std::unique_ptr<Lane> lane = process->make_lane(1);
    WorkerReport report{
        .worker = "w", .concurrency = 2, .next_within = Heartbeats::longest(heartbeat_period)};
    TallyBook book = {};
    std::vector<WorkerOrder> obeyed = {};
    std::vector<std::string> refusals = {};
    Heartbeats heartbeats{*process, *store.operators(), *lane, heartbeat_period, hooks()};

    Heartbeats::Hooks hooks() {
        return {.report = [this] { return report; },
                .take_tallies = [this](std::size_t limit) { return book.take(limit); },
                .obey = [this](const WorkerOrder& order) { obeyed.push_back(order); },
                .on_refused = [this](const std::string& why) { refusals.push_back(why); }};
    }

    OperatorStore& operators() { return *memory.operators(); }

    std::optional<WorkerRecord> record() {
        auto page = operators().workers("", 10);
        if (page.workers.empty()) return std::nullopt;
        return std::move(page.workers.front());
    }

    std::uint64_t counted() {
        std::uint64_t sum = 0;
        HistoryQuery query{.until = simulation.wall_clock() + 24h,
                           .limit = HistoryQuery::max_limit};
        for (const Tally& tally : operators().history(query).tallies) sum += tally.count;
        return sum;
    }

    void end_attempt(Duration ago = {}) {
        book.add({.at = simulation.wall_clock() - ago, .queue = "q", .type = "t"});
    }

    void pass(Duration time) {
        until([] { return false; }, time);
    }
};

TEST_CASE_FIXTURE(ReportingWorld, "a worker reports at its start, and then at every period") {
    heartbeats.start();
    CHECK(until([&] { return record().has_value(); }, at_once));
    for (int i = 0; i < 100; ++i) {
        pass(1s);
        CHECK(simulation.wall_clock() - record()->last_heartbeat <= report.next_within);
        CHECK_FALSE(is_dead(*record(), simulation.wall_clock()));
    }
}

TEST_CASE_FIXTURE(ReportingWorld, "a heartbeat counts what has ended since the last one, once") {
    heartbeats.start();
    end_attempt();
    pass(2 * heartbeat_period);
    CHECK(counted() == 1);
    end_attempt();
    pass(3 * heartbeat_period);
    CHECK(counted() == 2);
}

TEST_CASE_FIXTURE(ReportingWorld, "a heartbeat whose reply is lost counts once") {
    int lost = 0;
    plan = [&](std::string_view member) {
        return member == "operators.heartbeat" && ++lost <= 3 ? Fault::reply_lost : Fault::none;
    };
    end_attempt();
    heartbeats.start();
    pass(heartbeat_period / 2);
    end_attempt();
    pass(6 * heartbeat_period);
    CHECK(lost > 3);
    CHECK(counted() == 2);
}

TEST_CASE_FIXTURE(ReportingWorld, "what ends while the store is away is counted afterwards") {
    plan = [](std::string_view) { return Fault::unavailable; };
    heartbeats.start();
    for (int i = 0; i < 20; ++i) {
        end_attempt();
        pass(heartbeat_period);
    }
    CHECK(counted() == 0);
    plan = {};
    pass(2 * heartbeat_period);
    CHECK(counted() == 20);
}

TEST_CASE_FIXTURE(ReportingWorld, "the last heartbeat reports the worker as stopped") {
    heartbeats.start();
    pass(1min);
    end_attempt();
    const auto began = now();
    heartbeats.stop(now() + 5s);
    CHECK(now() - began < at_once);
    CHECK(record()->report.state == WorkerState::stopped);
    CHECK(counted() == 1);
    const auto last = record()->last_heartbeat;
    pass(1min);
    CHECK(record()->last_heartbeat == last);
}

TEST_CASE_FIXTURE(ReportingWorld, "tallies beyond the bound of a heartbeat are sent with others") {
    constexpr std::uint64_t many = 2 * WorkerHeartbeat::max_tallies + 7;
    heartbeats.start();
    pass(1s);
    for (std::uint64_t i = 0; i < many; ++i) end_attempt(static_cast<int>(i) * 1min);
    heartbeats.stop(now() + 5s);
    CHECK(counted() == many);
    CHECK(record()->report.state == WorkerState::stopped);
}

TEST_CASE_FIXTURE(ReportingWorld, "the last heartbeat is sent again until the deadline") {
    heartbeats.start();
    pass(1s);
    plan = [until = now() + 3s, this](std::string_view) {
        return now() < until ? Fault::unavailable : Fault::none;
    };
    heartbeats.stop(now() + 5s);
    CHECK(record()->report.state == WorkerState::stopped);
}

TEST_CASE_FIXTURE(ReportingWorld, "a stop waits for a failing store until its deadline") {
    heartbeats.start();
    pass(1s);
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto began = now();
    heartbeats.stop(now() + 5s);
    CHECK(now() - began == 5s);
}

TEST_CASE_FIXTURE(ReportingWorld, "a worker that was not started is not reported at its stop") {
    heartbeats.stop(now() + 5s);
    pass(1min);
    CHECK_FALSE(record());
}

TEST_CASE_FIXTURE(ReportingWorld, "an order is obeyed once, and that is reported at once") {
    heartbeats.start();
    pass(1s);
    REQUIRE(operators().order("w", {.quiet = true, .concurrency = 7}, 1min));
    CHECK(until([&] { return !obeyed.empty(); }, report.next_within));
    CHECK(until([&] { return !record()->pending; }, at_once));
    pass(5 * heartbeat_period);
    CHECK(obeyed == std::vector{WorkerOrder{.quiet = true, .concurrency = 7}});
    REQUIRE(operators().order("w", {.quiet = false}, 1min));
    pass(2 * heartbeat_period);
    CHECK(obeyed.size() == 2);
}

TEST_CASE_FIXTURE(ReportingWorld, "an order whose reply is lost is obeyed once") {
    heartbeats.start();
    pass(1s);
    REQUIRE(operators().order("w", {.quiet = true}, 1min));
    int heartbeats_seen = 0;
    plan = [&](std::string_view) {
        return ++heartbeats_seen % 2 == 1 ? Fault::reply_lost : Fault::none;
    };
    pass(10 * heartbeat_period);
    CHECK(obeyed == std::vector{WorkerOrder{.quiet = true}});
    CHECK_FALSE(record()->pending);
}

TEST_CASE_FIXTURE(ReportingWorld, "an expired order is not obeyed") {
    heartbeats.start();
    pass(1s);
    REQUIRE(operators().order("w", {.quiet = true}, 1s));
    plan = [](std::string_view) { return Fault::unavailable; };
    pass(2 * heartbeat_period);
    plan = {};
    pass(5 * heartbeat_period);
    CHECK(obeyed.empty());
}

TEST_CASE_FIXTURE(ReportingWorld, "a refused heartbeat is dropped, and reported the first time") {
    report.worker = "";
    heartbeats.start();
    end_attempt();
    pass(5 * heartbeat_period);
    REQUIRE(refusals.size() == 1);
    CHECK(refusals.front().find("worker") != std::string::npos);
    report.worker = "w";
    end_attempt();
    pass(2 * heartbeat_period);
    CHECK(counted() == 1);
}

TEST_CASE_FIXTURE(ReportingWorld, "a store that does not support heartbeats gets one") {
    WithoutHeartbeats unsupporting(memory);
    Heartbeats unsupported(*process, *unsupporting.operators(), *lane, heartbeat_period, hooks());
    unsupported.start();
    pass(10 * heartbeat_period);
    CHECK(unsupporting.calls == 1);
    CHECK(refusals.empty());
    const auto began = now();
    unsupported.stop(now() + 5s);
    CHECK(now() - began < at_once);
}

} // namespace
