#include "simulated_world.hpp"

#include <asyncjobs/coroutine.hpp>
#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/job_context.hpp>

#include <boost/asio/io_context.hpp>

#include <concepts>
#include <type_traits>

namespace {

struct Paint {
    static constexpr std::string_view type = "paint";
    int coats = 1;
};
BOOST_DESCRIBE_STRUCT(Paint, (), (coats))

TEST_CASE("a context returns the job, its id and its attempt") {
    const LeaseRef lease{JobId::make({}, 0, 7), 3};
    detail::Attempt running{ClaimedJob{.lease = lease, .owner = "42", .attempt = 2}, SteadyTime{}};
    const JobContext context(running);
    CHECK(context.id() == lease.id);
    CHECK(context.attempt() == 2);
    CHECK(context.job().owner == "42");
}

template <typename Reporter>
concept Steps = requires(Reporter& reporter) {
    reporter.step("name", [] {});
};
template <typename Reporter>
concept Identifies = requires(const Reporter& reporter) {
    reporter.job();
};
static_assert(Steps<JobContext> && !Steps<ProgressReporter>);
static_assert(Identifies<JobContext> && !Identifies<ProgressReporter>);
static_assert(std::derived_from<JobContext, ProgressReporter>);

TEST_CASE_FIXTURE(World,
                  "every form of a handler takes a context, a progress reporter or neither") {
    boost::asio::io_context io;
    std::vector<int> calls;
    const auto type_of = [&](std::string_view type) { return NewJob{.type = type}; };
    Executor executor(store, process, options());

    executor.handle("blocking/context", [&](const JsonText&, JobContext& context) {
        calls.push_back(context.attempt());
        return JsonText();
    });
    executor.handle("blocking/progress", [&](const JsonText&, ProgressReporter& progress) {
        progress.report(50);
        calls.push_back(1);
        return JsonText();
    });
    executor.handle_async("async/context",
                          [&](const JsonText&, JobContext& context, const Completion& done) {
                              calls.push_back(context.attempt());
                              done(nullptr, {});
                          });
    executor.handle_async("async/progress",
                          [&](const JsonText&, ProgressReporter& progress, const Completion& done) {
                              progress.report(50);
                              calls.push_back(1);
                              done(nullptr, {});
                          });
    SUBCASE("typed, with a context") {
        executor.handle<Paint>([&](const Paint& input, JobContext& context) {
            calls.push_back(context.attempt() * input.coats);
        });
    }
    SUBCASE("typed, with a progress reporter") {
        executor.handle<Paint>([&](const Paint& input, ProgressReporter& progress) {
            progress.report(50);
            calls.push_back(input.coats);
        });
    }
    SUBCASE("typed, with the input only") {
        executor.handle<Paint>([&](const Paint& input) { calls.push_back(input.coats); });
    }
    executor.start();
    for (const auto* type :
         {"blocking/context", "blocking/progress", "async/context", "async/progress"})
        CHECK(finishes(submit(type_of(type))));
    CHECK(finishes(submit(new_job(Paint{}))));
    CHECK(calls == std::vector{1, 1, 1, 1, 1});
}

TEST_CASE("a coroutine takes a context or a progress reporter") {
    boost::asio::io_context io;
    detail::Attempt running{ClaimedJob{.attempt = 2}, SteadyTime{}};
    JobContext context(running);
    int ended = 0;
    const Completion done = [&](const std::exception_ptr& error, const JsonText& result) {
        CHECK_FALSE(error);
        CHECK(result.text() == "2");
        ++ended;
    };
    const auto with_context = [](const JsonText&,
                                 JobContext& own) -> boost::asio::awaitable<JsonText> {
        co_return JsonText::parse(std::to_string(own.attempt()));
    };
    const auto with_progress = [](const JsonText&,
                                  ProgressReporter& progress) -> boost::asio::awaitable<JsonText> {
        progress.report(50);
        co_return JsonText::parse("2");
    };
    coroutine(io.get_executor(), with_context)({}, context, done);
    coroutine(io.get_executor(), with_progress)({}, context, done);
    io.run();
    CHECK(ended == 2);
}

} // namespace
