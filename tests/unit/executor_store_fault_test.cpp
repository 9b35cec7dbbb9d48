#include "simulated_world.hpp"

#include <asyncjobs/events.hpp>

namespace {

/// Fails the `nth` call of `member` (from 0) with `fault`.
std::function<Fault(std::string_view)> failing(std::string member, int nth, Fault fault) {
    return [member = std::move(member), left = nth, fault](std::string_view called) mutable {
        return called == member && left-- == 0 ? fault : Fault::none;
    };
}

struct FaultyWorld : World {
    int runs = 0;
    std::size_t most_processing = 0;

    /// Leases are long: no test here is repaired by an expiring lease.
    ExecutorOptions patient() {
        auto patient = options();
        patient.lease_for = 24h;
        return patient;
    }

    AsyncHandlerFunction counting(Duration length) {
        return [this, length](const JsonText&, ProgressReporter&, Completion done) {
            ++runs;
            most_processing =
                std::max(most_processing, memory.workload("default", "work").processing);
            process->after(length, [done = std::move(done)] { done({}, JsonText()); });
        };
    }
};

TEST_CASE_FIXTURE(FaultyWorld, "jobs of a claim whose reply was lost are adopted and run") {
    std::vector<JobId> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(submit());
    plan = failing("exchange", 0, Fault::reply_lost);
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    for (const auto& id : ids) {
        CHECK(finishes(id, 10s));
        CHECK(status(id) == JobStatus::completed);
        CHECK(find(id).fence == 1);
        CHECK(find(id).crashes == 0);
    }
    CHECK(runs == 6);
    CHECK(most_processing == 2); // the adopted jobs have the threads
}

TEST_CASE_FIXTURE(FaultyWorld, "adopted jobs start while the store keeps failing") {
    const auto id = submit();
    int exchanges = 0;
    plan = [&](std::string_view member) {
        if (member != "exchange") return Fault::none;
        return exchanges++ == 0 ? Fault::reply_lost : Fault::unavailable;
    };
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(until([&] { return runs == 1; }, 10s));
    plan = {};
    CHECK(finishes(id, 10s));
}

TEST_CASE_FIXTURE(FaultyWorld, "a claim that did not happen is repeated") {
    const auto id = submit();
    plan = failing("exchange", 0, Fault::lost_before);
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(finishes(id, 10s));
    CHECK(runs == 1);
}

TEST_CASE_FIXTURE(FaultyWorld, "a settlement whose reply was lost is not repeated") {
    const auto id = submit();
    plan = failing("exchange", 1, Fault::reply_lost);
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(finishes(id, 10s));
    until([] { return false; }, 1min);
    CHECK(runs == 1);
    CHECK(store.settlements_sent == 1);
    CHECK(status(id) == JobStatus::completed);
    CHECK(logged("after its lease was lost") == 0);
    const auto began = now();
    executor.stop(1min);
    CHECK(now() - began < at_once); // no job is considered active
}

TEST_CASE_FIXTURE(FaultyWorld, "a settlement that did not happen is repeated") {
    const auto id = submit();
    plan = failing("exchange", 1, Fault::lost_before);
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(finishes(id, 10s));
    CHECK(runs == 1);
    CHECK(store.settlements_sent == 2);
    CHECK(status(id) == JobStatus::completed);
}

TEST_CASE_FIXTURE(FaultyWorld, "an outage loses nothing and is logged at its begin and its end") {
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    const auto before = submit();
    CHECK(until([&] { return runs == 1; }));
    plan = [](std::string_view) { return Fault::unavailable; };
    const auto during = submit();
    CHECK_FALSE(finishes(before, 10min));
    CHECK(logged("job store unavailable: ") == 1);
    CHECK(logged("job store recovered") == 0);
    plan = {};
    CHECK(finishes(before, 10s));
    CHECK(finishes(during, 10s));
    CHECK(logged("job store unavailable: ") == 1);
    CHECK(logged("job store recovered") == 1);
    CHECK(runs == 2);
}

TEST_CASE_FIXTURE(FaultyWorld, "a refused settlement fails only its own job") {
    store.refuses = [](const Settlement& settlement) {
        return settlement.kind() == Settlement::Kind::completed &&
               settlement.result().text() == "\"poison\"";
    };
    Executor executor(store, process, patient());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    std::vector<JobId> ids;
    for (const auto* input : {"1", "\"poison\"", "2"})
        ids.push_back(submit({.type = "work", .input = JsonText::parse(input)}));
    executor.start();
    for (const auto& id : ids) CHECK(finishes(id, 40s));
    CHECK(status(ids[0]) == JobStatus::completed);
    CHECK(status(ids[1]) == JobStatus::failed);
    CHECK(find(ids[1]).error->code == "internal_error");
    CHECK(status(ids[2]) == JobStatus::completed);
    CHECK(until([&] { return logged("job store refuses the outcome of a job") == 1; }, at_once));
}

TEST_CASE_FIXTURE(FaultyWorld,
                  "outcomes that were recorded one by one are reported if a later call fails") {
    std::vector<JobId> reported;
    EventStream events(process, [&](std::span<const JobEvent> batch, std::size_t) {
        for (const JobEvent& event : batch)
            if (event.kind == JobEvent::Kind::completed) reported.push_back(event.job);
    });
    std::vector<JobId> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(submit());
    store.refuses = [&](const Settlement& settlement) {
        return settlement.lease().id == ids.back();
    };
    constexpr int of_claim_after_two_outcomes = 3;
    plan = failing("exchange", of_claim_after_two_outcomes, Fault::reply_lost);
    auto reporting = patient();
    reporting.events = &events;
    Executor executor(store, process, reporting);
    executor.handle_async("work", counting(1s));
    executor.start();
    CHECK(finishes(ids[0], 10s));
    CHECK(finishes(ids[1], 10s));
    CHECK(until([&] { return reported.size() == 2; }, 10s));
    std::ranges::sort(reported);
    CHECK((reported == std::vector{ids[0], ids[1]}));
    store.refuses = {};
    CHECK(finishes(ids[2], 10s));
    executor.stop();
}

TEST_CASE_FIXTURE(FaultyWorld, "a job with always refused outcomes does not delay others") {
    const auto poisoned = submit({.type = "work", .input = JsonText::parse("1")});
    store.refuses = [&](const Settlement& settlement) { return settlement.lease().id == poisoned; };
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(0s));
    executor.start();
    until([] { return false; }, 1s);
    for (int i = 0; i < 5; ++i) CHECK(finishes(submit(), 10s));
    CHECK_FALSE(is_finished(status(poisoned)));
}

TEST_CASE_FIXTURE(FaultyWorld, "progress of a failed renewal is sent again") {
    int renewals = 0;
    plan = [&](std::string_view member) {
        return member == "renew" && renewals++ == 0 ? Fault::unavailable : Fault::none;
    };
    Executor executor(store, process, patient());
    executor.handle_async("work",
                          [&](const JsonText&, ProgressReporter& progress, const Completion& done) {
                              progress.report(40, "on the way");
                              process->after(10s, [done] { done({}, {}); });
                          });
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return find(id).progress == Progress{40, "on the way"}; }, 2s));
    CHECK(renewals == 2);
}

TEST_CASE_FIXTURE(FaultyWorld, "a logger may submit a job to the executor's own store") {
    auto alerting = patient();
    alerting.log = [&](const LogEntry& entry) {
        log.push_back(entry);
        submit({.type = "alert"});
    };
    Executor executor(memory, process, alerting); // shares its hints with the client
    int alerts = 0;
    executor.handle("alert", [&](const JsonText&, ProgressReporter&) {
        ++alerts;
        return JsonText();
    });
    executor.start();
    const auto id = submit({.type = "unknown"});
    CHECK(until([&] { return alerts == 1; }, 10s));
    CHECK(logged("no handler for type unknown") == 1);
    CHECK(status(id) == JobStatus::pending);
}

struct OutageOfSettlements {
    const char* how;
    std::function<void(FaultyWorld&)> begins;
};

const OutageOfSettlements outages_of_settlements[] = {
    {"every call fails",
     [](FaultyWorld& world) { world.plan = [](std::string_view) { return Fault::failure; }; }},
    {"every write fails",
     [](FaultyWorld& world) {
         world.plan = [](std::string_view member) {
             return member == "leases_of" || member == "find" || member == "check_leases"
                        ? Fault::none
                        : Fault::failure;
         };
     }},
    {"exchanges fail",
     [](FaultyWorld& world) {
         world.plan = [](std::string_view member) {
             return member == "exchange" ? Fault::failure : Fault::none;
         };
     }},
    {"settlements are refused, claims are not",
     [](FaultyWorld& world) { world.store.refuses = [](const Settlement&) { return true; }; }},
};

TEST_CASE("refused results are kept, and no handler runs twice") {
    for (const auto& outage : outages_of_settlements) {
        CAPTURE(outage.how);
        FaultyWorld world;
        Executor executor(world.store, world.process, world.patient());
        executor.handle_async("work", world.counting(1s));
        executor.start();
        std::vector<JobId> ids;
        for (int i = 0; i < 4; ++i) ids.push_back(world.submit());
        for (int outages = 0; outages < 3; ++outages) {
            CHECK(world.until([&] { return world.runs > outages; }));
            outage.begins(world);
            world.until([] { return false; }, 7s);
            world.plan = {};
            world.store.refuses = {};
            // A lost reply makes the executor read back its leases.
            world.plan = failing("exchange", 0, Fault::reply_lost);
            world.until([] { return false; }, 3s);
            world.plan = {};
        }
        for (const auto& id : ids) {
            CHECK(world.finishes(id));
            CHECK(world.status(id) == JobStatus::completed);
            CHECK(world.find(id).crashes == 0);
            CHECK(world.find(id).attempt == 1);
        }
        CHECK(world.runs == 4);
        CHECK(world.logged("job store unavailable: ") == world.logged("job store recovered"));
        CHECK(world.logged("job store unavailable: ") >= 1);
        CHECK(world.logged("job store unavailable: ") <= 6); // outages, and replies lost after them
    }
}

TEST_CASE_FIXTURE(FaultyWorld,
                  "a refusal of all settlements is logged once at its begin and its end") {
    Executor executor(store, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(submit());
    store.refuses = [](const Settlement&) { return true; };
    until([] { return false; }, 1min);
    CHECK(logged("job store unavailable: ") == 1);
    CHECK(logged("job store recovered") == 0);
    store.refuses = {};
    for (const auto& id : ids) CHECK(finishes(id));
    CHECK(logged("job store unavailable: ") == 1);
    CHECK(until([&] { return logged("job store recovered") == 1; }));
    CHECK(runs == 6);
}

TEST_CASE_FIXTURE(
    FaultyWorld,
    "a settlement refused by a full store delays no other and is recorded once there is room") {
    const auto large = submit({.type = "work", .input = JsonText::parse("\"large\"")});
    bool is_full = true;
    store.refuses = [&](const Settlement& settlement) {
        if (is_full && settlement.lease().id == large) throw Error(Errc::store_full, "planned");
        return false;
    };
    Executor executor(store, process, patient());
    executor.handle("work", [](const JsonText& input, ProgressReporter&) { return input; });
    executor.start();
    for (int i = 0; i < 5; ++i) CHECK(finishes(submit(), 30s));
    CHECK_FALSE(is_finished(status(large)));
    is_full = false;
    CHECK(finishes(large, 30s));
    CHECK(find(large).result->text() == "\"large\"");
}

TEST_CASE_FIXTURE(FaultyWorld, "one failing call does not lose a result") {
    for (int nth = 0; nth < 12; ++nth) {
        CAPTURE(nth);
        Executor executor(store, process, patient());
        executor.handle_async("work", counting(1s));
        executor.start();
        const auto id = submit();
        plan = [left = nth](std::string_view) mutable {
            return left-- == 0 ? Fault::failure : Fault::none;
        };
        CHECK(finishes(id));
        CHECK(status(id) == JobStatus::completed);
        plan = {};
    }
    CHECK(runs == 12);
}

/// Repeatedly returns jobs that it has returned before.
class RepeatingStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto result = inner().exchange(settlements, request);
        given.insert(given.end(), result.claimed.begin(), result.claimed.end());
        if (request.limit > 0) result.claimed = given;
        return result;
    }
    std::vector<ClaimedJob> leases_of(std::string_view worker) override {
        auto jobs = inner().leases_of(worker);
        jobs.insert(jobs.end(), given.begin(), given.end());
        return jobs;
    }

    std::vector<ClaimedJob> given = {};
};

TEST_CASE_FIXTURE(FaultyWorld, "a lease that the store returns repeatedly runs once") {
    RepeatingStore repeating(store);
    Executor executor(repeating, process, patient());
    executor.handle_async("work", counting(1s));
    executor.start();
    std::vector<JobId> ids;
    for (int i = 0; i < 4; ++i) {
        ids.push_back(submit());
        CHECK(until([&] { return is_finished(status(ids.back())); }));
        plan = failing("exchange", 0, Fault::reply_lost);
        until([] { return false; }, 10s);
    }
    CHECK(runs == 4);
}

} // namespace
