#include "thrown.hpp"

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/handler.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <string>

namespace {

using namespace asyncjobs;

struct Salutation {
    static constexpr std::string_view type = "greeting";
    std::string name = "anonymous";
    int times = 1;
};
BOOST_DESCRIBE_STRUCT(Salutation, (), (name, times))

struct SalutationText {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(SalutationText, (), (text))

struct CalledHandler {
    detail::Attempt current{ClaimedJob{.type = "greeting", .attempt = 3}, SteadyTime{}};
    JobContext context{current};

    std::string run(const HandlerFunction& handler, const std::string& input) {
        return handler(JsonText::parse(input), context).text();
    }
};

TEST_CASE_FIXTURE(CalledHandler, "a handler receives its input as a struct") {
    Salutation seen;
    const auto handler = typed_handler<Salutation>([&](const Salutation& input) { seen = input; });
    CHECK(run(handler, R"({"name":"Ada"})") == "null");
    CHECK(seen.name == "Ada");
    CHECK(seen.times == 1);
}

TEST_CASE_FIXTURE(CalledHandler, "a handler with a second parameter receives the context") {
    int attempt = 0;
    const auto handler = typed_handler<Salutation>([&](const Salutation&, JobContext& own) {
        own.report(40, "halfway");
        attempt = own.attempt();
    });
    run(handler, "{}");
    CHECK(current.take_unsent() == Progress{40, "halfway"});
    CHECK(attempt == 3);
}

TEST_CASE_FIXTURE(CalledHandler, "a handler may return a struct, a JSON text or nothing") {
    CHECK(run(typed_handler<Salutation>(
                  [](const Salutation& input) { return SalutationText{"hello " + input.name}; }),
              R"({"name":"Ada"})") == R"({"text":"hello Ada"})");
    CHECK(run(typed_handler<Salutation>([](const Salutation& input, ProgressReporter&) {
                  return SalutationText{input.name};
              }),
              "{}") == R"({"text":"anonymous"})");
    CHECK(run(typed_handler<Salutation>([](const Salutation&) { return JsonText::parse("[ 1 ]"); }),
              "{}") == "[ 1 ]");
    CHECK(run(typed_handler<Salutation>([](const Salutation&, ProgressReporter&) {}), "{}") ==
          "null");
}

TEST_CASE_FIXTURE(CalledHandler, "a handler may return a reference to a struct that it keeps") {
    const SalutationText kept{"kept"};
    const auto handler =
        typed_handler<Salutation>([&](const Salutation&) -> const SalutationText& { return kept; });
    CHECK(run(handler, "{}") == R"({"text":"kept"})");
}

TEST_CASE_FIXTURE(CalledHandler,
                  "an input that does not fit fails the job permanently, naming every path") {
    bool ran = false;
    const auto handler = typed_handler<Salutation>([&](const Salutation&) { ran = true; });
    try {
        run(handler, R"({"name":1,"times":"x"})");
        FAIL("nothing was thrown");
    } catch (const JobFailure& failure) {
        CHECK(failure.error().code == "invalid_input");
        CHECK(failure.is_permanent());
        CHECK(has(failure.error().message, "/name: expected a string"));
        CHECK(has(failure.error().message, "/times: expected a whole number"));
    }
    CHECK_FALSE(ran);
}

TEST_CASE_FIXTURE(CalledHandler, "an Error of the handler is not taken for one of its input") {
    const auto handler = typed_handler<Salutation>(
        [](const Salutation&) { throw Error(Errc::invalid_payload, "of its own"); });
    CHECK_THROWS_AS(run(handler, "{}"), Error);
}

TEST_CASE_FIXTURE(CalledHandler, "a result that JSON can't hold is an Error") {
    const auto handler =
        typed_handler<Salutation>([](const Salutation&) { return SalutationText{"\xFF"}; });
    CHECK(thrown_by([&] { run(handler, "{}"); }).code() == Errc::invalid_payload);
}

TEST_CASE("a job's input is a described struct with a type") {
    CHECK(DescribedJob<Salutation>);
    CHECK_FALSE(DescribedJob<SalutationText>);
    CHECK_FALSE(DescribedJob<int>);
}

TEST_CASE("a JobFailure carries the client's error and the retry delay") {
    using namespace std::chrono_literals;
    const auto plain = JobFailure("E7005", "no orders", JsonText::parse("[1]"));
    CHECK(plain.error() == JobError{"E7005", "no orders", JsonText::parse("[1]")});
    CHECK(std::string(plain.what()) == "no orders");
    CHECK_FALSE(plain.is_permanent());
    CHECK(plain.retry_delay() == std::nullopt);
    CHECK(JobFailure("E1").permanent().is_permanent());
    CHECK(JobFailure("E1").retry_after(5s).retry_delay() == Duration{5s});
}

} // namespace
