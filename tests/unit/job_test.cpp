#include "thrown.hpp"

#include <asyncjobs/job.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp day(int year) {
    return Timestamp{std::chrono::sys_days{std::chrono::year{year} / 1 / 1}};
}

/// The error of validate() for a good job after `change`.
std::string refusal_of(const std::function<void(NewJob&)>& change) {
    NewJob job{.type = "test"};
    change(job);
    return refusal(Errc::invalid_argument, [&] { validate(job); });
}

void accept(const std::function<void(NewJob&)>& change) {
    NewJob job{.type = "test"};
    change(job);
    CHECK_NOTHROW(validate(job));
}

TEST_CASE("a job with a type and defaults is valid") {
    accept([](NewJob&) {});
}

TEST_CASE("a type and a queue are 1-100 characters of A-Z a-z 0-9 . _ : / -") {
    const std::string rule = "must be 1-100 characters of A-Z a-z 0-9 . _ : / -";
    for (const auto& text : {std::string("a"), std::string(100, 'x'), std::string("AZaz09._:/-")}) {
        accept([&](NewJob& job) { job.type = text; });
        accept([&](NewJob& job) { job.queue = text; });
    }
    for (const auto& text :
         {std::string(), std::string(101, 'x'), std::string("a b"), std::string("a\0b", 3),
          std::string("caf\xC3\xA9"), std::string("a\n"), std::string("a@"), std::string("a[")}) {
        CAPTURE(text);
        CHECK(has(refusal_of([&](NewJob& job) { job.type = text; }), rule));
        CHECK(has(refusal_of([&](NewJob& job) { job.queue = text; }), rule));
    }
    CHECK(has(refusal_of([](NewJob& job) { job.type = "a b"; }), "type is \"a b\""));
    CHECK(has(refusal_of([](NewJob& job) { job.queue = "c d"; }), "queue is \"c d\""));
}

TEST_CASE("an owner is at most 255 bytes of UTF-8 without control characters") {
    const std::string rule = "must be at most 255 bytes of UTF-8 without control characters";
    for (const auto& text : {std::string(), std::string(255, 'x'), std::string("user 42"),
                             std::string("\xD9\x85\xD8\xB1\xD9\x8A\xD9\x85")})
        accept([&](NewJob& job) { job.owner = text; });
    for (const auto& text : {std::string(256, 'x'), std::string("a\tb"), std::string("a\x7F"),
                             std::string("a\0", 2), std::string("\xFF")}) {
        const auto message = refusal_of([&](NewJob& job) { job.owner = text; });
        CHECK(has(message, "owner is \""));
        CHECK(has(message, rule));
    }
}

TEST_CASE("keys follow the rule for owners and are not empty") {
    const std::pair<std::string, std::optional<std::string> NewJob::*> members[] = {
        {"unique_key", &NewJob::unique_key},
        {"idempotency_key", &NewJob::idempotency_key},
        {"limit_key", &NewJob::limit_key}};
    for (const auto& entry : members) {
        const std::string name = entry.first + " is \"";
        const auto with = [&](const std::string& key) {
            return [&entry, key](NewJob& job) { job.*entry.second = key; };
        };
        accept(with(std::string(255, 'k')));
        CHECK(has(refusal_of(with(std::string(256, 'k'))), name + "kkk"));
        CHECK(has(refusal_of(with("a\nb")), name + "a?b\", but must be at most 255 bytes"));
        CHECK(has(refusal_of(with("")), name + "\", but must not be empty"));
    }
}

TEST_CASE("metadata are an object of at most 16 KiB, or null") {
    const auto with = [](const std::string& text) {
        return [text](NewJob& job) { job.metadata = JsonText::parse(text); };
    };
    const auto of_size = [](std::size_t size) { return "{" + std::string(size - 2, ' ') + "}"; };
    for (const auto& text : {std::string("null"), std::string("{}"),
                             std::string(" \t\r\n{\"a\":1} "), of_size(16 * 1024)})
        accept(with(text));
    for (const auto& text : {std::string("[]"), std::string("\"{}\""), std::string(" 7"),
                             std::string("true"), of_size(16 * 1024 + 1)}) {
        const auto message = refusal_of(with(text));
        CHECK(has(message, "metadata is \""));
        CHECK(has(message, "must be a JSON object of at most 16384 bytes, or null"));
    }
}

TEST_CASE("a priority is from 0 to 100") {
    accept([](NewJob& job) { job.priority = 0; });
    accept([](NewJob& job) { job.priority = 100; });
    CHECK(has(refusal_of([](NewJob& job) { job.priority = -1; }),
              "priority is \"-1\", but must be from 0 to 100"));
    CHECK(has(refusal_of([](NewJob& job) { job.priority = 101; }),
              "priority is \"101\", but must be from 0 to 100"));
}

TEST_CASE("1 to 1000 attempts are allowed") {
    accept([](NewJob& job) { job.max_attempts = 1; });
    accept([](NewJob& job) { job.max_attempts = 1000; });
    CHECK(has(refusal_of([](NewJob& job) { job.max_attempts = 0; }),
              "max_attempts is \"0\", but must be from 1 to 1000"));
    CHECK(has(refusal_of([](NewJob& job) { job.max_attempts = 1001; }),
              "max_attempts is \"1001\", but must be from 1 to 1000"));
}

TEST_CASE("durations are from 0 to a hundred years") {
    const Duration century = std::chrono::days{365 * 100};
    const std::pair<const char*, TimeSpan NewJob::*> members[] = {
        {"delay", &NewJob::delay},
        {"timeout", &NewJob::timeout},
        {"retention", &NewJob::retention}};
    for (const auto& entry : members) {
        const char* const name = entry.first;
        TimeSpan NewJob::*const member = entry.second;
        accept([&](NewJob& job) { job.*member = Duration{0}; });
        accept([&](NewJob& job) { job.*member = century; });
        CHECK(has(refusal_of([&](NewJob& job) { job.*member = Duration{-1}; }),
                  std::string(name) + " is \"-1 us\", but must be from 0 to a hundred years"));
        CHECK(has(refusal_of([&](NewJob& job) { job.*member = century + 1us; }),
                  std::string(name) + " is \"3153600000000001 us\""));
        CHECK(has(refusal_of([&](NewJob& job) { job.*member = Duration::max(); }), name));
    }
    CHECK(has(refusal_of([](NewJob& job) { job.keep_failed = Duration{-1}; }),
              "keep_failed is \"-1 us\", but must be from 0 to a hundred years"));
}

TEST_CASE("run_at is in the years 1970 to 9999, and excludes a delay") {
    accept([](NewJob& job) { job.run_at = day(1970); });
    accept([](NewJob& job) { job.run_at = day(10'000) - 24h; });
    const std::string rule = "must be in the years 1970 to 9999";
    CHECK(has(refusal_of([](NewJob& job) { job.run_at = day(1970) - 1us; }),
              "run_at is \"-1 us\", but " + rule));
    CHECK(has(refusal_of([](NewJob& job) { job.run_at = day(10'000); }), rule));
    CHECK(has(refusal_of([](NewJob& job) {
                  job.run_at = day(2025);
                  job.delay = 1us;
              }),
              "delay is \"1 us\", but must be 0 where run_at is given"));
}

TEST_CASE("a refusal prints a hostile value in a form fit for logs, truncated") {
    const auto message =
        refusal_of([](NewJob& job) { job.type = "\x1B[31m\n\xFF" + std::string(5000, 'x'); });
    CHECK(has(message, "type is \"?[31m?\xEF\xBF\xBDxxx"));
    CHECK(message.size() < 300);
}

TEST_CASE("a status is written and read by its name") {
    for (const auto& [status, name] :
         {std::pair{JobStatus::pending, "pending"}, std::pair{JobStatus::processing, "processing"},
          std::pair{JobStatus::completed, "completed"}, std::pair{JobStatus::failed, "failed"},
          std::pair{JobStatus::cancelled, "cancelled"}}) {
        CHECK(to_string(status) == name);
        CHECK(parse_job_status(name) == status);
    }
    for (const auto* other : {"", "Pending", "pending ", "done"})
        CHECK(parse_job_status(other) == std::nullopt);
}

TEST_CASE("completed, failed and cancelled jobs are finished") {
    CHECK_FALSE(is_finished(JobStatus::pending));
    CHECK_FALSE(is_finished(JobStatus::processing));
    CHECK(is_finished(JobStatus::completed));
    CHECK(is_finished(JobStatus::failed));
    CHECK(is_finished(JobStatus::cancelled));
}

} // namespace
