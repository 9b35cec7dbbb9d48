#include "routes/route_job.hpp"

#include "unit/thrown.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <tuple>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// Does not compile until it lists every member of NewJob.
[[maybe_unused]] auto members_of(const NewJob& job) {
    const auto& [id, type, input, metadata, queue, owner, priority, max_attempts, run_at, delay,
                 deadline, start_within, timeout, retention, keep_failed, unique_key, unique_by,
                 on_conflict, idempotency_key, limit_key, after, on_parent_failure] = job;
    return std::tie(id, type, input, metadata, queue, owner, priority, max_attempts, run_at, delay,
                    deadline, start_within, timeout, retention, keep_failed, unique_key, unique_by,
                    on_conflict, idempotency_key, limit_key, after, on_parent_failure);
}
constexpr auto member_count = std::tuple_size_v<decltype(members_of(NewJob()))>;

enum class In { both, prepare, neither };

struct Member {
    const char* name;
    In allowed; ///< where a host may set it
    std::function<void(NewJob&)> set;
    std::function<void(NewJob&)> set_badly = {}; ///< to a value that breaks a rule
};

const Timestamp some_time{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
const JobId some_id = JobId::make(some_time, 1, 2);

const Member members[] = {
    {"id", In::neither, [](NewJob& job) { job.id = some_id; }},
    {"type", In::neither, [](NewJob& job) { job.type = "other"; }},
    {"input", In::neither, [](NewJob& job) { job.input = JsonText::parse("1"); }},
    {"metadata", In::both, [](NewJob& job) { job.metadata = JsonText::parse(R"({"a":1})"); },
     [](NewJob& job) { job.metadata = JsonText::parse("[]"); }},
    {"queue", In::both, [](NewJob& job) { job.queue = "other"; },
     [](NewJob& job) { job.queue = "with space"; }},
    {"owner", In::neither, [](NewJob& job) { job.owner = "bob"; }},
    {"priority", In::both, [](NewJob& job) { job.priority = 7; },
     [](NewJob& job) { job.priority = 101; }},
    {"max_attempts", In::both, [](NewJob& job) { job.max_attempts = 7; },
     [](NewJob& job) { job.max_attempts = 0; }},
    {"run_at", In::prepare, [](NewJob& job) { job.run_at = some_time; },
     [](NewJob& job) { job.run_at = Timestamp::max(); }},
    {"delay", In::both, [](NewJob& job) { job.delay = 1min; },
     [](NewJob& job) { job.delay = -1s; }},
    {"deadline", In::prepare, [](NewJob& job) { job.deadline = some_time; },
     [](NewJob& job) { job.deadline = Timestamp::max(); }},
    {"start_within", In::both, [](NewJob& job) { job.start_within = 1min; },
     [](NewJob& job) { job.start_within = -1s; }},
    {"timeout", In::both, [](NewJob& job) { job.timeout = 1min; },
     [](NewJob& job) { job.timeout = -1s; }},
    {"keep_failed", In::both, [](NewJob& job) { job.keep_failed = 1min; },
     [](NewJob& job) { job.keep_failed = -1s; }},
    {"retention", In::both, [](NewJob& job) { job.retention = 1min; },
     [](NewJob& job) { job.retention = -1s; }},
    {"unique_key", In::both, [](NewJob& job) { job.unique_key = "one"; },
     [](NewJob& job) { job.unique_key = ""; }},
    {"unique_by", In::both, [](NewJob& job) { job.unique_by = {.owner = true}; },
     [](NewJob& job) { job.unique_by = {.period = -1s}; }},
    {"on_conflict", In::both, [](NewJob& job) { job.on_conflict = OnConflict::refuse; }},
    {"idempotency_key", In::neither, [](NewJob& job) { job.idempotency_key = "one"; }},
    {"limit_key", In::both, [](NewJob& job) { job.limit_key = "one"; },
     [](NewJob& job) { job.limit_key = ""; }},
    {"after", In::prepare, [](NewJob& job) { job.after = {some_id}; },
     [](NewJob& job) {
         job.after = {some_id, some_id};
     }},
    {"on_parent_failure", In::both,
     [](NewJob& job) { job.on_parent_failure = OnParentFailure::run; }},
};
static_assert(std::size(members) == member_count, "each member of NewJob has a row");

NewJob note() { return {.type = "note"}; }

/// As a submit route takes it from `prepare`.
void take(NewJob job) {
    http::check_prepared(job, note(), "ann");
    http::derive_unique_key(job, some_time);
}

/// Why a job can't be taken from `prepare`, which is the host's fault.
std::string fault_of(const NewJob& job) {
    try {
        take(job);
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "no fault";
}

} // namespace

TEST_CASE(
    "a route's template takes the members that a route can know, and refuses others by name") {
    for (const auto& member : members) {
        CAPTURE(member.name);
        NewJob job = note();
        member.set(job);
        if (member.allowed == In::both || std::string(member.name) == "type")
            CHECK_NOTHROW(http::check_template(job));
        else
            CHECK(has(refusal(Errc::invalid_argument, [&] { http::check_template(job); }),
                      "job." + std::string(member.name) + " must be left out: "));
        if (!member.set_badly || member.allowed != In::both) continue;
        member.set_badly(job);
        CHECK(
            has(refusal(Errc::invalid_argument, [&] { http::check_template(job); }), member.name));
    }
}

TEST_CASE("prepare may set every member that does not follow from the route or the request") {
    for (const auto& member : members) {
        CAPTURE(member.name);
        NewJob job = note();
        job.owner = "ann";
        member.set(job);
        if (member.allowed != In::neither) {
            CHECK_NOTHROW(take(job));
            continue;
        }
        CHECK(has(fault_of(job), "prepare must not set job." + std::string(member.name) + ": "));
    }
}

TEST_CASE("a member that prepare sets to a bad value is a fault of the host, which names it") {
    for (const auto& member : members) {
        if (!member.set_badly) continue;
        CAPTURE(member.name);
        NewJob job = note();
        job.owner = "ann";
        member.set_badly(job);
        const auto fault = fault_of(job);
        CHECK(has(fault, "prepare has made the job invalid: "));
        CHECK(has(fault, member.name));
    }
}

TEST_CASE("an input that lacks a member of unique_by is a 422 that names it") {
    NewJob job = note();
    job.owner = "ann";
    job.unique_by = {.members = {"/customer"}};
    CHECK_NOTHROW(http::check_template(note()));
    try {
        take(job);
        FAIL_CHECK("it was accepted");
    } catch (const http::Problem& problem) {
        CHECK(problem.status() == 422);
        CHECK(has(std::get<std::string>(problem.response("").body), "/customer"));
    }
}

TEST_CASE("a route replaces only jobs of the same owner") {
    NewJob job = note();
    job.owner = "ann";
    job.on_conflict = OnConflict::replace;
    CHECK_NOTHROW(take(job));
    job.unique_by = {.owner = true, .input = true};
    CHECK_NOTHROW(take(job));
    job.unique_by->owner = false;
    CHECK(has(fault_of(job), "on_conflict must not be replace"));
    job.unique_by = {};
    job.unique_key = "ann's";
    CHECK(has(fault_of(job), "on_conflict must not be replace"));
    job.owner = {};
    CHECK(has(refusal(Errc::invalid_argument, [&] { http::check_template(job); }),
              "on_conflict must not be replace"));
}

TEST_CASE("metadata leaves room for the library's members, and does not have them") {
    for (const std::string& text :
         {std::string(R"({"traceparent":1})"), std::string(R"({"idempotency":{}})"),
          R"({"a":")" + std::string(16'000, 'x') + "\"}"}) {
        NewJob job = note();
        job.metadata = JsonText::parse(text);
        CHECK(has(refusal(Errc::invalid_argument, [&] { http::check_template(job); }),
                  "metadata must "));
        job.owner = "ann";
        CHECK(has(fault_of(job), "metadata must "));
    }
}

TEST_CASE("the library's members are added to the text of the host's metadata") {
    const auto with = [](std::string given) {
        NewJob job;
        job.metadata = JsonText::parse(std::move(given));
        http::add_to_metadata(job, {{"b", 2}});
        return job.metadata.text();
    };
    CHECK(with("null") == R"({"b":2})");
    CHECK(with(" {} ") == R"({"b":2})");
    CHECK(with(R"({"a":{"x":1.50}})") == R"({"a":{"x":1.50},"b":2})");
    NewJob job;
    job.metadata = JsonText::parse(R"({"a":1})");
    http::add_to_metadata(job, {});
    CHECK(job.metadata.text() == R"({"a":1})");
}
