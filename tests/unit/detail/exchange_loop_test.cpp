#include "../simulated_world.hpp"

#include <asyncjobs/detail/exchange_loop.hpp>

namespace {

using detail::Attempt;
using detail::ExchangeLoop;

/// A loop whose host adopts every job and runs none.
struct ExchangingWorld : World {
    ExecutorOptions own = [this] {
        auto chosen = options();
        chosen.prefetch_limit = 0;
        return chosen;
    }();
    detail::ClosableStore closable{store};
    std::mutex mutex = {};
    detail::SlotPlanner planner{own};
    detail::LiveJobs live = {};
    detail::ExecutorReports reports{closable, *process, own};
    detail::Attempts adopted = {};
    ExchangeLoop loop{{.store = closable,
                       .runtime = *process,
                       .options = own,
                       .worker = "worker",
                       .reports = reports},
                      {.mutex = mutex, .planner = planner, .live = live},
                      {.adopt =
                           [this](ExchangeLoop::Lock&, std::vector<ClaimedJob> jobs,
                                  SteadyTime claim_began, bool) {
                               for (auto& job : jobs) {
                                   const auto attempt =
                                       std::make_shared<Attempt>(std::move(job), claim_began);
                                   live.add(attempt);
                                   adopted.push_back(attempt);
                                   planner.add_ready(detail::HandlerKind::async, attempt, now());
                                   planner.next_async(now());
                               }
                               return detail::Attempts();
                           },
                       .settled = [](ExchangeLoop::Lock&) {},
                       .promote_soon = [] {}}};

    ExchangingWorld() {
        planner.add_handler(detail::HandlerKind::async);
        planner.open();
    }
    ~ExchangingWorld() {
        ExchangeLoop::Lock lock(mutex);
        loop.close(lock);
    }

    void open() {
        ExchangeLoop::Lock lock(mutex);
        loop.open(lock);
        loop.schedule(lock);
    }
    void complete(const std::shared_ptr<Attempt>& attempt) {
        ExchangeLoop::Lock lock(mutex);
        loop.end(lock, attempt, Settlement::completed(attempt->lease(), {}));
        planner.async_ended();
        loop.schedule(lock);
    }
    bool adopts(std::size_t count) {
        return until([&] { return adopted.size() == count; });
    }
};

TEST_CASE_FIXTURE(ExchangingWorld, "no exchange begins before the loop opens or after it closes") {
    submit();
    {
        ExchangeLoop::Lock lock(mutex);
        loop.schedule(lock);
        CHECK(loop.is_idle(lock));
    }
    open();
    REQUIRE(adopts(1));
    ExchangeLoop::Lock lock(mutex);
    loop.close(lock);
    lock.lock();
    loop.end(lock, adopted[0], Settlement::completed(adopted[0]->lease(), {}));
    loop.schedule(lock);
    CHECK(loop.is_idle(lock));
}

TEST_CASE_FIXTURE(ExchangingWorld, "one exchange settles all that has ended, and fills its slots") {
    for (int i = 0; i < 4; ++i) submit();
    open();
    REQUIRE(adopts(2));
    std::size_t exchanges = 0;
    plan = [&](std::string_view member) {
        if (member == "exchange") ++exchanges;
        return Fault::none;
    };
    complete(adopted[0]);
    complete(adopted[1]);
    REQUIRE(adopts(4));
    CHECK(exchanges == 1);
    CHECK(store.settlements_sent == 2);
    CHECK(live.all().size() == 2);
}

TEST_CASE_FIXTURE(ExchangingWorld,
                  "after an exchange with unknown outcome, no recorded outcome is sent again") {
    submit();
    open();
    REQUIRE(adopts(1));
    const auto id = adopted[0]->lease().id;
    bool is_lost = false;
    plan = [&](std::string_view member) {
        if (member != "exchange" || std::exchange(is_lost, true)) return Fault::none;
        return Fault::reply_lost;
    };
    complete(adopted[0]);
    CHECK(until([&] { return live.empty(); }));
    CHECK(status(id) == JobStatus::completed);
    CHECK(store.settlements_sent == 1);
    CHECK(until([&] { return logged("job store recovered") == 1; }));
    CHECK(logged("job store unavailable") == 1);
}

TEST_CASE_FIXTURE(ExchangingWorld, "an outage forbids rescues, and a long one does for a while") {
    const auto may_rescue = [this] {
        ExchangeLoop::Lock lock(mutex);
        return loop.may_rescue(lock);
    };
    CHECK(may_rescue());
    submit();
    plan = [](std::string_view) { return Fault::unavailable; };
    open();
    CHECK(until([&] { return !may_rescue(); }));
    until([] { return false; }, own.lease_for / 2);
    plan = {};
    REQUIRE(adopts(1));
    CHECK_FALSE(may_rescue()); // other workers renew first
    until([] { return false; }, own.lease_for / 3);
    CHECK(may_rescue());
}

} // namespace
