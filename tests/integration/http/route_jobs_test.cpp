#include "served_api.hpp"

#include "unit/thrown.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <tuple>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

struct Export {
    static constexpr std::string_view type = "export";
    std::string account = {};
    std::string after = {};
    int priority = 0;
};
BOOST_DESCRIBE_STRUCT(Export, (), (account, after, priority))

using Route = http::SubmitRoute<Export>;

JobId id_of(const RawResponse& response) {
    return *JobId::parse(text_at(json_of(response), "job_id"));
}

std::string only_error(const RawResponse& response) {
    CHECK(response.status == 422);
    const auto errors = json_of(response).at("errors").as_array();
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].at("pointer") == "");
    return text_at(errors[0], "detail");
}

std::string export_of(std::string_view account) {
    return R"({"account":")" + std::string(account) + "\"}";
}

/// A problem without its instance.
boost::json::value without_instance(const RawResponse& response) {
    auto document = json_of(response);
    document.as_object().erase("instance");
    return document;
}

} // namespace

TEST_CASE("a route's template and prepare reach the members of the job") {
    ServedApi served;
    const auto parent = served.submit("ann");
    const Timestamp at{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}};
    served.api.submit_route(
        "/exports",
        Route{.job = {.metadata = JsonText::parse(R"({"team":1.50})"),
                      .queue = "exports",
                      .max_attempts = 7,
                      .timeout = 8min,
                      .retention = 9h,
                      .on_parent_failure = OnParentFailure::run},
              .prepare = [=](Export& in, NewJob& job, const http::Call& call, http::Violations&) {
                  job.priority = in.priority;
                  job.limit_key = in.account;
                  job.unique_key = call.principal.owner + '/' + in.account;
                  job.run_at = at;
                  job.deadline = at + 1h;
                  job.after = {parent};
                  job.max_attempts += 1;
              }});
    const auto response = served.post("/v1/exports", R"({"account":"a7","priority":42})");
    REQUIRE(response.status == 202);
    const auto job = *served.client.find(id_of(response));
    CHECK(job.owner == "ann");
    CHECK(job.queue == "exports");
    CHECK(job.priority == 42);
    CHECK(job.max_attempts == 8);
    CHECK(job.timeout == 8min);
    CHECK(job.retention == 9h);
    CHECK(job.limit_key == "a7");
    CHECK(job.unique_key == "ann/a7");
    CHECK(job.run_at == at);
    CHECK(job.deadline == at + 1h);
    CHECK(job.blocked_by == 1);
    CHECK(job.on_parent_failure == OnParentFailure::run);
    CHECK(job.metadata.text() == R"({"team":1.50})");
}

TEST_CASE("an untyped route prepares its job by the document, and keeps it byte for byte") {
    ServedApi served;
    const http::SubmitRoute<> route{.job = {.type = "export"},
                                    .prepare = [](const boost::json::value& in, NewJob& job,
                                                  const http::Call&, http::Violations& violations) {
                                        if (!in.is_object())
                                            return violations.add("", "must be an object");
                                        job.priority = static_cast<int>(in.as_object().size());
                                    }};
    served.api.submit_route("/exports", route);
    served.api.allow_generic(route);
    const std::string input = R"({ "a":1.50, "b":2})";
    for (const auto& response :
         {served.post("/v1/exports", input),
          served.post("/v1/jobs", R"({"type":"export","input":)" + input + "}")}) {
        REQUIRE(response.status == 202);
        const auto job = *served.client.find(id_of(response));
        CHECK(job.input.text() == input);
        CHECK(job.priority == 2);
    }
    CHECK(served.post("/v1/exports", "[]").status == 422);
}

TEST_CASE("a parent that does not exist is a 422 that names it") {
    ServedApi served;
    served.api.submit_route("/exports", Route{.prepare = [](Export& in, NewJob& job,
                                                            const http::Call&, http::Violations&) {
                                job.after = {*JobId::parse(in.after)};
                            }});
    const auto unknown = std::string(served.client.make_id().text());
    CHECK(only_error(served.post("/v1/exports", R"({"after":")" + unknown + "\"}")) ==
          "after names " + unknown + ", but no such job exists");
    CHECK(served.client.list({.owner = "ann"}).jobs.empty());
}

TEST_CASE("an input without a member that unique_by names is a 422 that names it") {
    ServedApi served;
    const http::SubmitRoute<> route{
        .job = {.type = "export", .unique_by = UniqueBy{.members = {"/account"}}}};
    served.api.submit_route("/exports", route);
    CHECK(has(only_error(served.post("/v1/exports", "{}")), "/account"));
    CHECK(served.post("/v1/exports", export_of("a7")).status == 202);
}

TEST_CASE("a member that prepare sets wrongly is a 500, and the log names it and the rule") {
    std::mutex mutex;
    std::string log;
    ServedApi served({.api = {.log = [&](const LogEntry& entry) {
                          const std::lock_guard lock(mutex);
                          log += entry.message;
                      }}});
    const Route route{.prepare = [](Export& in, NewJob& job, const http::Call&, http::Violations&) {
        job.priority = in.priority;
        if (in.priority == 0) job.owner = "bob";
    }};
    served.api.submit_route("/exports", route);
    served.api.allow_generic(route);
    const std::tuple<std::string, std::string, std::string> faults[] = {
        {"/v1/exports", "{}", "prepare must not set job.owner: it is the caller"},
        {"/v1/exports", R"({"priority":101})", "priority is \"101\", but must be from 0 to 100"},
        {"/v1/jobs", R"({"type":"export","input":{"priority":-1}})",
         "priority is \"-1\", but must be from 0 to 100"},
    };
    for (const auto& [path, body, cause] : faults) {
        const auto response = served.post(path, body);
        CHECK(response.status == 500);
        CHECK(text_at(json_of(response), "detail") == "internal error");
        const std::lock_guard lock(mutex);
        CHECK(has(log, "POST " + path));
        CHECK(has(log, cause));
        log.clear();
    }
    CHECK(served.client.list({.owner = "ann"}).jobs.empty());
}

TEST_CASE("a job with the unique key of another is that job to its owner, and a 409 to others") {
    ServedApi served;
    const auto route = [](OnConflict on_conflict) {
        return Route{.job = {.on_conflict = on_conflict},
                     .prepare = [](Export& in, NewJob& job, const http::Call&, http::Violations&) {
                         job.unique_key = in.account;
                     }};
    };
    served.api.submit_route("/exports", route(OnConflict::keep));
    served.api.submit_route("/strict/exports", route(OnConflict::refuse));
    const auto first = served.post("/v1/exports", export_of("a7"));
    REQUIRE(first.status == 202);
    const auto again = served.post("/v1/exports", export_of("a7"));
    CHECK(again.status == 202);
    CHECK(id_of(again) == id_of(first));
    CHECK(json_of(again).at("created_at") == json_of(first).at("created_at"));

    const auto refused = served.post("/v1/strict/exports", export_of("a7"));
    CHECK(refused.status == 409);
    CHECK(text_at(json_of(refused), "code") == "key_taken");
    const auto stranger = served.post("/v1/exports", export_of("a7"), "bob");
    CHECK(stranger.status == 409);
    CHECK(without_instance(stranger) == without_instance(refused));

    served.claim();
    CHECK(text_at(json_of(served.post("/v1/exports", export_of("a7"))), "status") == "processing");
    CHECK(served.post("/v1/exports", export_of("a8"), "bob").status == 202);
}

TEST_CASE("a submit waits for the job that has its unique key") {
    ServedApi served;
    served.api.submit_route("/exports", Route{.job = {.unique_by = UniqueBy{.owner = true}}});
    const auto id = id_of(served.post("/v1/exports", "{}"));
    auto client = served.connect();
    client.send(ServedApi::request("POST /v1/exports", "ann",
                                   "Content-Type: application/json\r\nPrefer: wait=60\r\n", "{}"));
    served.await_waiting(1);
    served.complete("17");
    const auto response = client.receive();
    CHECK(id_of(response) == id);
    CHECK(json_of(response).at("result") == 17);
}

TEST_CASE("a route replaces the input of its caller's pending job") {
    ServedApi served;
    served.api.submit_route("/exports", Route{.job = {.unique_by = UniqueBy{.owner = true},
                                                      .on_conflict = OnConflict::replace}});
    const auto id = id_of(served.post("/v1/exports", export_of("a7")));
    CHECK(id_of(served.post("/v1/exports", export_of("a8"))) == id);
    CHECK(id_of(served.post("/v1/exports", export_of("a9"), "bob")) != id);
    CHECK(has(served.client.find(id)->input.text(), "a8"));
}

TEST_CASE("a route that allows one job a period returns the one that has finished") {
    ServedApi served;
    served.api.submit_route(
        "/exports", Route{.job = {.unique_by = UniqueBy{.owner = true, .period = 24h * 366}}});
    const auto id = id_of(served.post("/v1/exports", "{}"));
    served.complete();
    const auto again = served.post("/v1/exports", "{}");
    CHECK(again.status == 202);
    CHECK(id_of(again) == id);
    CHECK(text_at(json_of(again), "status") == "completed");
}

TEST_CASE("a repeated submit to a route with metadata and a unique key gets the first response") {
    ServedApi served;
    served.api.submit_route("/exports", Route{.job = {.metadata = JsonText::parse(R"({"a":1})"),
                                                      .unique_by = UniqueBy{.owner = true}}});
    const auto submit = [&](std::string_view body) {
        return served.ask("POST /v1/exports", "ann",
                          "Content-Type: application/json\r\nIdempotency-Key: k\r\n", body);
    };
    const auto first = submit("{}");
    const auto again = submit("{}");
    CHECK(again.header("Idempotent-Replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(submit(export_of("a7")).status == 422);
    CHECK(served.client.find(id_of(first))->metadata.text().starts_with(R"({"a":1,)"));
}

TEST_CASE("a delayed job is expected after its delay, and a blocked one at no time") {
    ServedApi served;
    served.api.submit_route("/delayed",
                            Route{.job = {.queue = "q", .delay = 1h}, .expected_run = 1min});
    const auto document = json_of(served.post("/v1/delayed", "{}"));
    const auto created = *parse_rfc3339(text_at(document, "created_at"));
    CHECK(*parse_rfc3339(text_at(document, "estimated_completion")) >= created + 1h + 1min);
    const auto parent = served.submit("ann");
    served.api.submit_route("/blocked",
                            Route{.expected_run = 1min,
                                  .prepare = [=](Export&, NewJob& job, const http::Call&,
                                                 http::Violations&) { job.after = {parent}; }});
    CHECK_FALSE(
        json_of(served.post("/v1/blocked", "{}")).as_object().contains("estimated_completion"));
}

TEST_CASE("a member that a route can't have is refused with the route, the member and the rule") {
    ServedApi served;
    auto& api = served.api;
    const auto text = [](auto declare) { return thrown_by(declare).message(); };
    CHECK(text([&] { api.submit_route("/a", Route{.job = {.owner = "ann"}}); }) ==
          "POST /v1/a: job.owner must be left out: it is the caller");
    CHECK(has(text([&] { api.submit_route("/a", Route{.job = {.priority = 101}}); }),
              "POST /v1/a: priority is "));
    CHECK(text([&] { api.submit_route("/a", Route{.job = {.type = "other"}}); }) ==
          "POST /v1/a: job.type must be left out: it is that of the input");
    CHECK(has(text([&] { api.submit_route("/a", Route{.input_schema = JsonText::parse("{}")}); }),
              "POST /v1/a: input_schema must be "));
    CHECK(has(text([&] { api.submit_route("/a", {.job = {.type = "a"}, .set_by_host = {"b"}}); }),
              "POST /v1/a: set_by_host must be "));
    CHECK(has(text([&] {
                  api.submit_route("/a", {.job = {.type = "a"},
                                          .unknown_members = json::UnknownMembers::ignore});
              }),
              "POST /v1/a: unknown_members must be "));
    CHECK(
        text([&] { api.allow_generic(Route{.job = {.after = {served.client.make_id()}}}); }) ==
        "POST /v1/jobs for the type export: job.after must be left out: only prepare can know it");
}

TEST_CASE("the description has a 409 for routes whose jobs can have a unique key") {
    ServedApi served;
    served.api.submit_route("/unique", Route{.job = {.unique_key = "one"}});
    served.api.submit_route("/prepared", sales_route());
    served.api.submit_route("/plain", Route{});
    const auto document = json_of(served.ask("GET /openapi.json", ""));
    const auto paths = document.at("paths");
    CHECK(document.at_pointer("/components/responses/SubmitConflict/description") ==
          "Another job holds the unique key");
    const auto has_conflict = [&](std::string_view path) {
        return paths.at(path).at("post").at("responses").as_object().contains("409");
    };
    CHECK(has_conflict("/v1/unique"));
    CHECK(has_conflict("/v1/prepared"));
    CHECK_FALSE(has_conflict("/v1/plain"));
}
