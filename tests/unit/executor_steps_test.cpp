#include "simulated_world.hpp"

#include <boost/describe.hpp>

#include <stdexcept>

namespace {

struct Read {
    int rows = 0;
};
BOOST_DESCRIBE_STRUCT(Read, (), (rows))

TEST_CASE_FIXTURE(World, "an attempt resumes after the last step of the previous one") {
    int reads = 0, writes = 0;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        const auto sum = context.step("read", [&] {
            ++reads;
            return Read{.rows = 12};
        });
        context.step("write", [&] {
            if (++writes < 3) throw std::runtime_error("not yet");
        });
        return json::serialize(sum);
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 5});
    CHECK(finishes(id));
    CHECK(find(id).result->text() == R"({"rows":12})");
    CHECK(reads == 1);
    CHECK(writes == 3);
    CHECK(find(id).steps ==
          std::vector<Step>{{"read", JsonText::parse(R"({"rows":12})")}, {"write", JsonText()}});
}

TEST_CASE_FIXTURE(World, "a step is durable before the next one begins") {
    std::size_t kept = 0;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.step("read", [] {});
        kept = find(context.id()).steps.size();
        return JsonText();
    });
    executor.start();
    CHECK(finishes(submit()));
    CHECK(kept == 1);
}

TEST_CASE_FIXTURE(World, "a step runs once per attempt under any store failure") {
    int calls = 0, faults = 3;
    plan = [&](std::string_view member) {
        if (member != "renew" || faults == 0) return Fault::none;
        return --faults % 2 == 0 ? Fault::reply_lost : Fault::busy;
    };
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        for (int i = 0; i < 2; ++i) context.step("read", [&] { return ++calls; });
        return JsonText();
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id));
    CHECK(faults == 0);
    CHECK(calls == 1);
    CHECK(find(id).steps == std::vector<Step>{{"read", JsonText::parse("1")}});
    CHECK(status(id) == JobStatus::completed);
}

TEST_CASE_FIXTURE(World, "a step after a lost lease is not recorded") {
    Executor executor(store, process, options());
    bool came_past = false;
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.step("read",
                     [&] { client.cancel(context.id(), {.reason = "now", .force = true}); });
        came_past = true;
        return JsonText();
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id));
    until([] { return false; }, 1s);
    CHECK_FALSE(came_past);
    CHECK(status(id) == JobStatus::cancelled);
    CHECK(find(id).steps.empty());
}

TEST_CASE_FIXTURE(World, "an invalid step name fails the attempt") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.step("two words", [] {});
        return JsonText();
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id));
    CHECK(logged("the step's name is \"two words\"") == 1);
}

/// The operations of a handler that need the store.
struct StoreUse {
    const char* member;
    std::function<void(JobContext&)> use;
};

const StoreUse store_uses[] = {
    {"renew", [](JobContext& context) { context.step("read", [] {}); }},
    {"list", [](JobContext& context) { context.parents(); }},
};

TEST_CASE("steps and reads of parents wait for an unavailable store and log it once") {
    for (const auto& one : store_uses)
        for (const Fault fault : {Fault::unavailable, Fault::busy, Fault::failure}) {
            CAPTURE(std::string(one.member));
            World world;
            const auto ends = world.now() + 10s;
            Executor executor(world.store, world.process, world.options());
            executor.handle("work", [&, call = one.use](const JsonText&, JobContext& context) {
                world.plan = [&, fault, away = std::string(one.member)](std::string_view called) {
                    return called == away && world.now() < ends ? fault : Fault::none;
                };
                call(context);
                return JsonText();
            });
            executor.start();
            const auto id = world.submit({.type = "work", .max_attempts = 1});
            CHECK(world.finishes(id, 20s));
            CHECK(world.status(id) == JobStatus::completed);
            CHECK(world.now() >= ends);
            CHECK(world.find(id).fence == 1);
            CHECK(world.logged("handler waits to ") == 1);
        }
}

TEST_CASE("an outage during a step or a read of parents charges no attempt") {
    for (const auto& one : store_uses)
        for (const Fault fault : {Fault::unavailable, Fault::failure}) {
            CAPTURE(std::string(one.member));
            World world;
            int runs = 0;
            Executor executor(world.store, world.process, world.options());
            executor.handle("work", [&, call = one.use](const JsonText&, JobContext& context) {
                ++runs;
                if (runs == 1) world.plan = [fault](std::string_view) { return fault; };
                call(context);
                return JsonText();
            });
            executor.start();
            const auto id = world.submit({.type = "work", .max_attempts = 1});
            CHECK(world.until([&] { return runs == 1; }));
            world.until([] { return false; }, 5min);
            CHECK(runs == 1);
            world.plan = {};
            CHECK(world.finishes(id, 2min));
            CHECK(world.status(id) == JobStatus::completed);
            CHECK(world.find(id).attempt == 1);
            CHECK(world.find(id).crashes == 0);
        }
}

TEST_CASE_FIXTURE(World, "a read of parents that fails for longer than a lease releases the job") {
    int runs = 0;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        if (++runs == 1)
            plan = [](std::string_view member) {
                return member == "list" ? Fault::unavailable : Fault::none;
            };
        else
            plan = {};
        context.parents();
        return JsonText();
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id, 40s));
    CHECK(runs == 2);
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).attempt == 1);
}

TEST_CASE_FIXTURE(World, "a step whose content the store refuses fails the attempt") {
    Executor executor(store, process, options());
    plan = [](std::string_view member) -> Fault {
        if (member == "renew") throw Error(Errc::invalid_payload, "planned");
        return Fault::none;
    };
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.step("read", [] {});
        return JsonText();
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id, 1s));
    CHECK(status(id) == JobStatus::failed);
}

} // namespace
