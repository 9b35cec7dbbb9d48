#include "simulated_world.hpp"

#include <algorithm>
#include <stdexcept>

namespace {

const JsonText own_result = JsonText::parse("[\"own\"]");

/// The effect of the handler's own transaction, once committed.
void commit_completion(JobStore& store, const JobContext& context) {
    const auto completed = Settlement::completed(context.job().lease, own_result);
    CHECK(store.settle({&completed, 1}).front().accepted);
}

TEST_CASE_FIXTURE(World, "the result of a handler that completes its job itself is ignored") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.mark_completed_externally();
        commit_completion(memory, context);
        return JsonText::parse("[\"returned\"]");
    });
    std::vector<JobId> changed;
    const auto subscription = memory.notifier().on_changed([&](std::span<const JobId> ids) {
        for (const auto& id : ids)
            if (is_finished(status(id))) changed.push_back(id);
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id, at_once));
    until([&] { return !changed.empty(); }, at_once);
    CHECK(changed == std::vector{id});
    until([] { return false; });
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).result == own_result);
    CHECK(find(id).attempt == 1);
    CHECK(log.empty());
}

TEST_CASE_FIXTURE(World, "a handler whose own completion did not commit fails its attempt") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        context.mark_completed_externally();
        if (context.attempt() == 3) commit_completion(memory, context);
        return JsonText();
    });
    executor.start();
    const auto id = submit();
    CHECK(until([&] { return logged("did not commit") == 1; }));
    CHECK(status(id) == JobStatus::pending);
    CHECK(find(id).attempt == 1);
    CHECK(find(id).error->code == error_code::internal_error);
    CHECK(finishes(id));
    CHECK(status(id) == JobStatus::completed);
    CHECK(find(id).attempt == 3);
    until([] { return false; });
    CHECK(logged("did not commit") == 2);
    CHECK(log.size() == 2);
}

TEST_CASE_FIXTURE(World, "an exception after an own completion undoes nothing") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        context.mark_completed_externally();
        commit_completion(memory, context);
        throw JobFailure("E1", "the commit's reply was lost");
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id, at_once));
    until([] { return false; });
    CHECK(status(id) == JobStatus::completed);
    CHECK_FALSE(find(id).error);
    CHECK(logged("lease") == 0);
}

TEST_CASE_FIXTURE(World, "a lost lease is logged for a handler without an own completion") {
    Executor executor(store, process, options());
    executor.handle("work", [&](const JsonText&, JobContext& context) {
        commit_completion(memory, context);
        return JsonText();
    });
    executor.start();
    const auto id = submit();
    CHECK(finishes(id, at_once));
    until([] { return false; });
    CHECK(logged("after its lease was lost") == 1);
}

} // namespace
