#include "simulated_world.hpp"

namespace {

NewJob order(std::string_view input, UniqueBy by, std::string owner = "a") {
    return {.type = "order",
            .input = JsonText::parse(std::string(input)),
            .owner = std::move(owner),
            .unique_by = std::move(by)};
}

std::string key_of(NewJob job, Timestamp now = {}) {
    make_unique_key(job, now);
    return job.unique_key.value();
}

TEST_CASE("jobs are equal by the members of unique_by and by nothing else") {
    const UniqueBy by_customer{.members = {"/customer"}};
    const auto key = key_of(order(R"({"customer":1,"n":1})", by_customer));
    CHECK(key_of(order(R"({"n":2,"customer":1})", by_customer, "b")) == key);
    CHECK(key_of(order(R"({"customer":2,"n":1})", by_customer)) != key);
    CHECK(key_of(order(R"({"customer":"1","n":1})", by_customer)) != key);

    const UniqueBy by_owner{.owner = true};
    CHECK(key_of(order("1", by_owner)) == key_of(order("2", by_owner)));
    CHECK(key_of(order("1", by_owner)) != key_of(order("1", by_owner, "b")));

    auto other_queue = order("1", {.queue = true});
    other_queue.queue = "other";
    CHECK(key_of(order("1", {.queue = true})) != key_of(other_queue));

    auto other_type = order("1", {});
    other_type.type = "invoice";
    CHECK(key_of(order("1", {})) == key_of(order("2", {})));
    CHECK(key_of(order("1", {})) != key_of(other_type));
}

TEST_CASE("inputs are equal in any order of their members") {
    const UniqueBy by_input{.input = true};
    const auto key = key_of(order(R"({"a":{"x":1,"y":[1,2]},"b":2})", by_input));
    CHECK(key_of(order(R"({"b":2, "a":{"y":[1,2],"x":1}})", by_input)) == key);
    CHECK(key_of(order(R"({"b":2,"a":{"y":[2,1],"x":1}})", by_input)) != key);
}

TEST_CASE("numbers are compared exactly, with any number of digits") {
    const auto key = [](std::string_view input) { return key_of(order(input, {.input = true})); };
    CHECK(key("9007199254740993.0") != key("9007199254740992.0"));
    CHECK(key("123456789012345678901") != key("123456789012345678902"));
    CHECK(key("0.1000000000000000055") != key("0.1"));
    CHECK(key("1e400") != key("1e401"));
    CHECK(key("-1e-400") != key("1e-400"));
    CHECK(key("-0.0") == key("0"));
    CHECK(key("1500") == key("1.5e+3"));
    CHECK(key("[0.015]") == key("[15.0e-3]"));
    CHECK(key("15") != key("\"15\""));
    CHECK(key("15") != key("\"#15e0\""));
}

TEST_CASE("a member missing in the input is an error that names it") {
    auto job = order(R"({"a":1})", {.members = {"/b"}});
    CHECK_THROWS_WITH_AS(make_unique_key(job, {}), doctest::Contains("\"/b\""), Error);
}

TEST_CASE("unique_key and unique_by exclude each other, as do an id and a period") {
    auto job = order("1", {});
    job.unique_key = "mine";
    CHECK_THROWS_WITH_AS(make_unique_key(job, {}), doctest::Contains("unique_by"), Error);
    auto periodic = order("1", {.period = 1h});
    periodic.id = JobId::make({}, 1, 1);
    CHECK_THROWS_WITH_AS(make_unique_key(periodic, {}), doctest::Contains("period"), Error);
}

TEST_CASE_FIXTURE(World, "a job is created once per period, even if it has finished") {
    Executor executor(store, process, options());
    executor.handle("order", doing_nothing());
    executor.start();
    const auto submit_one = [&] { return client.submit(order("1", {.period = 1h})).id; };
    const auto first = submit_one();
    REQUIRE(finishes(first));
    CHECK(submit_one() == first);
    until([] { return false; }, 1h);
    const auto second = submit_one();
    CHECK(second != first);
    CHECK(submit_one() == second);
}

TEST_CASE_FIXTURE(World, "a job with a period is kept for that long") {
    auto job = order("1", {.period = 48h});
    job.retention = job.keep_failed.emplace(1s);
    const auto kept = find(client.submit(std::move(job)).id);
    CHECK(kept.retention == 48h);
    CHECK(kept.keep_failed == 48h);
}

TEST_CASE_FIXTURE(World, "a conflict returns the holder, replaces its input, or is refused") {
    const auto submit_as = [&](std::string_view input, OnConflict on_conflict) {
        auto job = order(input, {.owner = true});
        job.on_conflict = on_conflict;
        return client.submit(std::move(job)).id;
    };
    const auto holder = submit_as("1", OnConflict::keep);
    CHECK(submit_as("2", OnConflict::keep) == holder);
    CHECK(find(holder).input.text() == "1");
    CHECK(submit_as("3", OnConflict::replace) == holder);
    CHECK(find(holder).input.text() == "3");
    CHECK_THROWS_WITH_AS(submit_as("4", OnConflict::refuse),
                         doctest::Contains(std::string(holder.text()).c_str()), Error);
    CHECK(find(holder).input.text() == "3");
}

TEST_CASE_FIXTURE(World, "a burst of submits is one run with the last input") {
    std::vector<std::string> inputs;
    Executor executor(store, process, options());
    executor.handle("order", [&](const JsonText& input, ProgressReporter&) {
        inputs.emplace_back(input.text());
        return JsonText();
    });
    executor.start();
    for (const char* input : {"1", "2", "3"}) {
        auto job = order(input, {.owner = true});
        job.delay = 1min;
        job.on_conflict = OnConflict::replace;
        client.submit(std::move(job));
        until([] { return false; }, 30s);
    }
    CHECK(inputs.empty());
    CHECK(until([&] { return !inputs.empty(); }, 31s));
    CHECK(inputs == std::vector<std::string>{"3"});
}

} // namespace
