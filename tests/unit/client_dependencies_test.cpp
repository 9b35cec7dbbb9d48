#include "simulated_world.hpp"

namespace {

TEST_CASE_FIXTURE(World, "the jobs of a chain run in order and read earlier results") {
    std::vector<std::string> order;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText& input, JobContext& context) {
        std::string line(input.text());
        for (const auto& parent : context.parents()) line += " after " + parent.result->text();
        order.push_back(line);
        return input;
    });
    executor.start();
    const auto job = [](std::string_view input) {
        return NewJob{.type = "work", .input = JsonText::trusted(std::string(input))};
    };
    const auto submitted = client.submit_chain({job("1"), job("2"), job("3")});
    CHECK(finishes(submitted.back().id));
    CHECK(order == std::vector<std::string>{"1", "2 after 1", "3 after 2"});
}

TEST_CASE_FIXTURE(World,
                  "a batch counts its members down and runs its callback when all have finished") {
    Completion ends[3];
    int called_back = 0;
    auto wide = options();
    wide.concurrency = 5;
    Executor executor(store, process, wide);
    executor.handle_async("work", [&](const JsonText& input, ProgressReporter&, Completion done) {
        ends[std::stoi(std::string(input.text()))] = std::move(done);
    });
    executor.handle("callback", [&](const JsonText&, JobContext& context) {
        called_back += static_cast<int>(context.parents().size());
        return JsonText();
    });
    executor.start();
    std::vector<NewJob> members;
    for (const char* input : {"0", "1", "2"})
        members.push_back({.type = "work", .input = JsonText::parse(input)});
    const auto batch = client.submit_batch(
        members, {.type = "callback", .on_parent_failure = OnParentFailure::run});
    REQUIRE(until([&] { return ends[0] && ends[1] && ends[2]; }));
    CHECK(find(batch).blocked_by == 3);
    ends[1](nullptr, JsonText());
    CHECK(until([&] { return find(batch).blocked_by == 2; }, at_once));
    CHECK(find(batch).progress.percent == 33);
    ends[0](std::make_exception_ptr(JobFailure("E1").permanent()), {});
    CHECK(until([&] { return find(batch).blocked_by == 1; }, at_once));
    CHECK(find(batch).progress.percent == 66);
    CHECK(called_back == 0);
    ends[2](nullptr, JsonText());
    CHECK(finishes(batch, at_once));
    CHECK(called_back == 3);
}

TEST_CASE_FIXTURE(World, "an empty batch runs its callback at once") {
    Executor executor(store, process, options());
    executor.handle("callback", doing_nothing());
    executor.start();
    CHECK(finishes(client.submit_batch({}, {.type = "callback"}), at_once));
}

TEST_CASE_FIXTURE(World, "a job with finished or cancelled parents is processed at once") {
    Executor executor(store, process, options());
    executor.handle("work", doing_nothing());
    executor.start();
    const auto first = submit();
    REQUIRE(finishes(first));
    CHECK(finishes(submit({.type = "work", .after = {first}}), at_once));
    const auto later = submit({.type = "work", .delay = 1h});
    const auto child = submit({.type = "work", .after = {later}});
    client.cancel(later, {.reason = "no more"});
    CHECK(status(child) == JobStatus::cancelled);
}

TEST_CASE_FIXTURE(World, "the next sweep unblocks children after their parent's process died") {
    const auto parent = submit();
    const auto child = submit({.type = "work", .after = {parent}});
    const std::vector<std::string> queues = {"default"};
    const auto claimed = memory.claim({"gone", queues, 1, 30s}).claimed;
    const auto end = Settlement::completed(claimed.front().lease, JsonText());
    memory.settle({&end, 1});
    Executor executor(store, process, options());
    executor.handle("work", doing_nothing());
    executor.start();
    CHECK(finishes(child, 6s));
}

TEST_CASE_FIXTURE(World, "a missing parent is an error that names it") {
    const auto unknown = client.make_id();
    CHECK_THROWS_WITH_AS(submit({.type = "work", .after = {unknown}}),
                         doctest::Contains(std::string(unknown.text()).c_str()), Error);
    const auto parent = submit();
    CHECK_THROWS_WITH_AS(submit({.type = "work", .after = {parent, parent}}),
                         doctest::Contains("must name a job once"), Error);
    const auto own = client.make_id();
    CHECK_THROWS_WITH_AS(submit({.id = own, .type = "work", .after = {own}}),
                         doctest::Contains("must not be the job itself"), Error);
}

TEST_CASE_FIXTURE(World, "a job submitted with a result exists only if the result is accepted") {
    int runs = 0;
    JobId next;
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        next = context.submit_with_result({.type = "next"});
        if (++runs == 1) throw JobFailure("E1");
        return JsonText();
    });
    executor.handle("next", doing_nothing());
    executor.start();
    const auto id = submit();
    REQUIRE(until([&] { return find(id).error.has_value(); }));
    CHECK_FALSE(client.find(next));
    CHECK(finishes(id));
    CHECK(finishes(next, at_once));
}

/// Records the queries of list(), and the largest page of parents.
class WatchedLists : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    JobPage list(const JobQuery& query) override {
        auto page = inner().list(query);
        std::size_t bytes = 0;
        for (const Job& job : page.jobs)
            bytes += job.input.text().size() + (job.result ? job.result->text().size() : 0);
        most_bytes = std::max(most_bytes, bytes);
        return page;
    }

    std::size_t most_bytes = 0;
};

TEST_CASE_FIXTURE(World, "a job reads its parents in pages, without their inputs") {
    WatchedLists watched(store);
    auto wide = options();
    wide.concurrency = 20;
    Executor executor(watched, process, wide);
    const auto large = JsonText::parse('"' + std::string(1'000'000, 'x') + '"');
    executor.handle("work", [&](const JsonText&, ProgressReporter&) { return large; });
    std::vector<JobId> visited, parents;
    std::size_t inputs = 0, results = 0;
    executor.handle("callback", [&](const JsonText&, JobContext& context) {
        context.for_each_parent([&](const Job& parent) {
            visited.push_back(parent.id);
            inputs += parent.input == large;
            results += parent.result == large;
        });
        for (const Job& parent : context.parents(JobParts::summary)) {
            parents.push_back(parent.id);
            results += parent.result.has_value();
        }
        return JsonText();
    });
    executor.start();
    std::vector<NewJob> members(60);
    for (auto& member : members) {
        member.type = "work";
        member.input = large;
    }
    CHECK(finishes(client.submit_batch(members, {.type = "callback"})));
    CHECK(visited.size() == 60);
    CHECK(inputs == 0);
    CHECK(results == 60);
    CHECK(std::ranges::is_sorted(visited, std::greater<>()));
    std::ranges::reverse(visited);
    CHECK(parents == visited);
    CHECK(watched.most_bytes < 10'000'000);
}

} // namespace
