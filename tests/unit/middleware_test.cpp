#include "simulated_world.hpp"
#include "thrown.hpp"

#include <stdexcept>

namespace {

std::string text_of(const std::exception_ptr& error) {
    if (!error) return "none";
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (const Interrupted&) {
        return "interrupted";
    } catch (...) {
        return "?";
    }
}

JsonText appended(const JsonText& array, const std::string& name) {
    const auto& text = array.text();
    return JsonText::parse(text.substr(0, text.size() - 1) + ",\"" + name + "\"]");
}

struct MiddlewareWorld : World {
    std::vector<std::string> seen = {};

    void note(std::string what) { seen.push_back(std::move(what)); }

    /// Adds its name to inputs and results, and records events.
    Middleware named(std::string name) {
        return [this, name](JobContext& context) -> AttemptHooks {
            note(name + " begins " + context.job().type);
            return {.input = [name](const JsonText& input) { return appended(input, name); },
                    .result = [name](const JsonText& result) { return appended(result, name); },
                    .end =
                        [this, name](const std::exception_ptr& error) {
                            note(name + " ends, error: " + text_of(error));
                        },
                    .scope = std::shared_ptr<void>(
                        nullptr, [this, name](std::nullptr_t) { note(name + " leaves scope"); })};
        };
    }

    /// Runs one job of `work` in an executor set up by `prepare`.
    Job ran(const std::function<void(Executor&)>& prepare) {
        Executor executor(store, process, options());
        prepare(executor);
        executor.start();
        const auto id =
            submit({.type = "work", .input = JsonText::parse("[0]"), .max_attempts = 1});
        REQUIRE(finishes(id));
        return find(id);
    }

    HandlerFunction echo() {
        return [this](const JsonText& input, ProgressReporter&) {
            note("handler gets " + input.text());
            return input;
        };
    }
};
using Seen = std::vector<std::string>;

TEST_CASE_FIXTURE(MiddlewareWorld,
                  "the first middleware is the outermost, a type's own innermost") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.handle("work", echo(), {.middleware = {named("c"), named("d")}});
        executor.use(named("b"));
    });
    CHECK(job.result->text() == R"([0,"a","b","c","d","d","c","b","a"])");
    CHECK(seen == Seen{"a begins work", "b begins work", "c begins work", "d begins work",
                       R"(handler gets [0,"a","b","c","d"])", "d leaves scope", "c leaves scope",
                       "b leaves scope", "a leaves scope", "d ends, error: none",
                       "c ends, error: none", "b ends, error: none", "a ends, error: none"});
}

TEST_CASE_FIXTURE(MiddlewareWorld, "an asynchronous handler is wrapped until it completes") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.handle_async("work",
                              [&](const JsonText& input, ProgressReporter&, Completion done) {
                                  note("starts");
                                  process->after(1s, [&, done = std::move(done)] {
                                      note("completes with " + input.text());
                                      done(nullptr, input);
                                      done(nullptr, JsonText());
                                  });
                              },
                              {.middleware = {named("b")}});
    });
    CHECK(job.result->text() == R"([0,"a","b","b","a"])");
    CHECK(seen == Seen{"a begins work", "b begins work", "starts", "b leaves scope",
                       "a leaves scope", R"(completes with [0,"a","b"])", "b ends, error: none",
                       "a ends, error: none"});
}

TEST_CASE_FIXTURE(MiddlewareWorld, "middleware of one type does not affect another") {
    const auto job = ran([&](Executor& executor) {
        executor.handle("work", echo());
        executor.handle("other", echo(), {.middleware = {named("a")}});
    });
    CHECK(job.result->text() == "[0]");
    CHECK(seen == Seen{"handler gets [0]"});
}

TEST_CASE_FIXTURE(MiddlewareWorld, "empty hooks change nothing") {
    const auto job = ran([&](Executor& executor) {
        executor.use([](ProgressReporter&) { return AttemptHooks{}; });
        executor.handle("work", echo());
    });
    CHECK(job.result->text() == "[0]");
}

TEST_CASE_FIXTURE(MiddlewareWorld,
                  "an exception of a handler reaches the end hooks without a result") {
    const auto fails = [](const JsonText&, ProgressReporter&) -> JsonText {
        throw JobFailure("E1", "no paper");
    };
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.handle("work", fails);
    });
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->code == "E1");
    CHECK_FALSE(job.result);
    CHECK(seen.back() == "a ends, error: no paper");
}

TEST_CASE_FIXTURE(MiddlewareWorld,
                  "a middleware that throws fails the attempt, within the outer one") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.use([](ProgressReporter&) -> AttemptHooks { throw JobFailure("E2", "closed"); });
        executor.use(named("c"));
        executor.handle("work", echo());
    });
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->code == "E2");
    CHECK(seen == Seen{"a begins work", "a leaves scope", "a ends, error: closed"});
}

TEST_CASE_FIXTURE(MiddlewareWorld, "an input refused by a middleware does not reach the handler") {
    for (const bool asynchronous : {false, true}) {
        CAPTURE(asynchronous);
        seen.clear();
        std::string own_end;
        const auto job = ran([&](Executor& executor) {
            executor.use([&](ProgressReporter&) -> AttemptHooks {
                return {
                    .input = [](const JsonText&) -> JsonText { throw JobFailure("E3", "sealed"); },
                    .end = [&](const std::exception_ptr& error) { own_end = text_of(error); }};
            });
            if (asynchronous)
                executor.handle_async(
                    "work", [&](const JsonText&, ProgressReporter&, const Completion& done) {
                        note("handler runs");
                        done(nullptr, {});
                    });
            else
                executor.handle("work", echo());
        });
        CHECK(job.error->code == "E3");
        CHECK(own_end == "sealed");
        CHECK(seen.empty());
    }
}

TEST_CASE_FIXTURE(MiddlewareWorld, "a result refused by a middleware fails the attempt") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.use([](ProgressReporter&) -> AttemptHooks {
            return {.result = [](const JsonText&) -> JsonText { throw JobFailure("E4", "torn"); }};
        });
        executor.handle("work", echo());
    });
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->code == "E4");
    CHECK(seen.back() == "a ends, error: torn");
}

TEST_CASE_FIXTURE(MiddlewareWorld, "an end hook may replace the exception") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.use([](ProgressReporter&) -> AttemptHooks {
            return {.end = [](const std::exception_ptr& error) {
                if (text_of(error) == "deadlock") throw JobFailure("E5", "busy");
            }};
        });
        executor.handle("work", [](const JsonText&, ProgressReporter&) -> JsonText {
            throw std::runtime_error("deadlock");
        });
    });
    CHECK(job.error == JobError{"E5", "busy", {}});
    CHECK(seen.back() == "a ends, error: busy");
}

TEST_CASE_FIXTURE(MiddlewareWorld, "a dropped completion ends the attempt once") {
    const auto job = ran([&](Executor& executor) {
        executor.use(named("a"));
        executor.handle_async("work", [](const JsonText&, ProgressReporter&, const Completion&) {});
    });
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->message == "the handler dropped its completion");
    CHECK(seen == Seen{"a begins work", "a leaves scope",
                       "a ends, error: the handler dropped its completion"});
}

TEST_CASE_FIXTURE(MiddlewareWorld, "a handler that obeys its stop token ends interrupted") {
    Executor executor(store, process, options());
    executor.use(named("a"));
    executor.handle("work", [&](const JsonText&, JobContext& context) -> JsonText {
        client.cancel(context.id());
        until([&] { return context.stop_token().stop_requested(); });
        context.check();
        return {};
    });
    executor.start();
    const auto id = submit({.type = "work", .input = JsonText::parse("[0]")});
    CHECK(finishes(id));
    CHECK(status(id) == JobStatus::cancelled);
    CHECK(seen.back() == "a ends, error: interrupted");
}

TEST_CASE_FIXTURE(MiddlewareWorld, "each attempt has its own hooks") {
    Executor executor(store, process, options());
    executor.use([&](JobContext& context) -> AttemptHooks {
        return {.end = [&, attempt = context.attempt()](const std::exception_ptr& error) {
            note(std::to_string(attempt) + ": " + text_of(error));
        }};
    });
    executor.handle("work", [](const JsonText&, JobContext& context) -> JsonText {
        if (context.attempt() < 3) throw std::runtime_error("not yet");
        return {};
    });
    executor.start();
    CHECK(finishes(submit()));
    CHECK(seen == Seen{"1: not yet", "2: not yet", "3: none"});
}

TEST_CASE_FIXTURE(World, "an empty or late middleware is refused") {
    Executor executor(store, process, options());
    const auto part = "middleware holds an empty function, but must hold none";
    CHECK(has(refusal(Errc::invalid_argument, [&] { executor.use({}); }), part));
    CHECK(has(refusal(Errc::invalid_argument,
                      [&] { executor.handle("work", doing_nothing(), {.middleware = {{}}}); }),
              part));
    executor.start();
    CHECK(has(refusal(Errc::conflict,
                      [&] { executor.use([](ProgressReporter&) { return AttemptHooks{}; }); }),
              "before the executor starts"));
}

} // namespace
