#include "simulated_world.hpp"

#include <boost/describe.hpp>

#include <stdexcept>

namespace {

struct Read {
    int rows = 0;
};
BOOST_DESCRIBE_STRUCT(Read, (), (rows))

TEST_CASE_FIXTURE(World, "an attempt goes on after the last step of the one before it") {
    int reads = 0, writes = 0;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, ProgressReporter& progress) {
        const auto sum = progress.step("read", [&] {
            ++reads;
            return Read{.rows = 12};
        });
        progress.step("write", [&] {
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
    executor.handle("work", [&](const JsonText&, ProgressReporter& progress) {
        progress.step("read", [] {});
        kept = find(progress.job().lease.id).steps.size();
        return JsonText();
    });
    executor.start();
    CHECK(finishes(submit()));
    CHECK(kept == 1);
}

TEST_CASE_FIXTURE(World, "a step within an attempt is done once, whatever the store's answers") {
    int calls = 0, faults = 3;
    plan = [&](std::string_view member) {
        if (member != "renew" || faults == 0) return Fault::none;
        return --faults % 2 == 0 ? Fault::answer_lost : Fault::busy;
    };
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, ProgressReporter& progress) {
        for (int i = 0; i < 2; ++i) progress.step("read", [&] { return ++calls; });
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

TEST_CASE_FIXTURE(World, "a step of a handler whose lease was lost is not kept") {
    Executor executor(store, process, options());
    bool came_past = false;
    executor.handle("work", [&](const JsonText&, ProgressReporter& progress) {
        progress.step("read", [&] {
            client.cancel(progress.job().lease.id, {.reason = "now", .force = true});
        });
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

TEST_CASE_FIXTURE(World, "a step's name that breaks the rule fails the attempt") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, ProgressReporter& progress) {
        progress.step("two words", [] {});
        return JsonText();
    });
    executor.start();
    const auto id = submit({.type = "work", .max_attempts = 1});
    CHECK(finishes(id));
    CHECK(logged("the step's name is \"two words\"") == 1);
}

} // namespace
