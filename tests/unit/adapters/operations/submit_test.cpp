#include "operator_api.hpp"

#include <boost/describe.hpp>

using namespace operator_test;

namespace submit_test {

struct Report {
    static constexpr std::string_view type = "report";
    std::string month = {};
    int pages = 1;
};
BOOST_DESCRIBE_STRUCT(Report, (), (month, pages))

} // namespace submit_test

namespace {

using submit_test::Report;

operations::Options with_types() {
    return {.submit_types = {
                http::SubmitRoute<Report>{.job = {.queue = "reports", .owner = "office"},
                                          .required = {"month"},
                                          .prepare =
                                              [](Report& report, NewJob& job, const http::Call&,
                                                 http::Violations& violations) {
                                                  if (report.pages > 9)
                                                      violations.add("/pages", "must be at most 9");
                                                  job.priority = 7;
                                              }},
                http::SubmitRoute<>{.job = {.type = "note"}}}};
}

struct SubmitApi : OperatorApi {
    explicit SubmitApi(operations::Options options = with_types())
        : OperatorApi(std::move(options)) {}

    Job submitted(const std::string& body) {
        const auto response = post("/jobs", body);
        REQUIRE(response.status == 202);
        return *client.find(
            *JobId::parse(std::string(document(response).at("job_id").as_string())));
    }
    /// The places of the mistakes in a request.
    std::vector<std::string> mistakes(const std::string& body) {
        const auto response = post("/jobs", body);
        REQUIRE(response.status == 422);
        const auto problem = document(response);
        std::vector<std::string> pointers;
        for (const auto& error : problem.at("errors").as_array())
            pointers.emplace_back(error.at("pointer").as_string());
        return pointers;
    }
};

using Pointers = std::vector<std::string>;

} // namespace

TEST_CASE("an operator submits a job of a type that the host allows") {
    SubmitApi api;
    const auto response = api.post(
        "/jobs", R"({"type": "report", "input": {"month": "May"}, "reason": "asked by phone"})");
    CHECK(response.status == 202);
    CHECK(document(response).at("outcome") == "created");
    const std::string id(document(response).at("job_id").as_string());
    CHECK(response.headers.joined("Location") == "jobs/" + id);
    const Job job = *api.client.find(*JobId::parse(id));
    CHECK(job.queue == "reports");
    CHECK(job.owner == "office");
    CHECK(job.priority == 7);
    CHECK(job.input.text() == R"({"month":"May","pages":1})");
    const auto entry = document(api.get("/audit")).at("entries").at(0);
    CHECK(entry.at("action") == "submit");
    CHECK(entry.at("target") == "report in reports");
    CHECK(entry.at("reason") == "asked by phone");
    CHECK(entry.at("outcome").as_string() == "created " + id);
}

TEST_CASE("an operator chooses the queue, the priority and the time of a job that it submits") {
    SubmitApi api;
    const auto job = api.submitted(
        R"({"type": "note", "input": 1, "queue": "slow", "priority": 3, "delay": 60})");
    CHECK(job.queue == "slow");
    CHECK(job.owner.empty());
    CHECK(job.priority == 3);
    CHECK(job.run_at - job.created_at == std::chrono::minutes{1});
    const auto later =
        api.submitted(R"({"type": "note", "input": 1, "run_at": "2037-01-01T00:00:00Z"})");
    CHECK(to_rfc3339(later.run_at) == "2037-01-01T00:00:00Z");
}

TEST_CASE("the input of any JSON that an operator submits is stored to the digit") {
    SubmitApi api;
    const std::string input = R"({"n":  12345678901234567890.10})";
    CHECK(api.submitted(R"({"type": "note", "input": )" + input + "}").input.text() == input);
}

TEST_CASE("an operator's submit is checked as a client's, and every mistake has its place") {
    SubmitApi api;
    CHECK(api.mistakes(R"({"type": "mail", "input": 1})") == Pointers{"/type"});
    CHECK(api.mistakes(R"({"type": "note"})") == Pointers{"/input"});
    CHECK(api.mistakes(R"({"type": "note", "input": 1, "owner": "eve"})") == Pointers{"/owner"});
    CHECK(api.mistakes(R"({"type": "report", "input": {"pages": 10, "size": 1}})") ==
          Pointers{"/input/month", "/input/size", "/input/pages"});
    CHECK(api.mistakes(R"({"type": "note", "input": 1, "delay": 1,
                           "run_at": "2037-01-01T00:00:00Z"})") == Pointers{"/delay"});
    CHECK(api.mistakes(R"({"type": "note", "input": 1, "priority": 101})") == Pointers{""});
    CHECK(api.mistakes(R"({"type": "note", "input": 1, "queue": "a b"})") == Pointers{""});
    CHECK(api.post("/jobs", "{").status == 400);
    CHECK(api.client.list({}).jobs.empty());
}

TEST_CASE("a submit whose unique key a live job holds is a conflict, and is audited") {
    SubmitApi api(
        {.submit_types = {http::SubmitRoute<>{.job = {.type = "note", .unique_key = "one"}},
                          http::SubmitRoute<>{.job = {.type = "mail",
                                                      .unique_key = "one",
                                                      .on_conflict = OnConflict::refuse}}}});
    api.submitted(R"({"type": "note", "input": 1})");
    for (const std::string type : {"note", "mail"}) {
        const auto refused = api.post("/jobs", R"({"type": ")" + type + R"(", "input": 2})");
        CHECK(refused.status == 409);
    }
    CHECK(document(api.get("/audit")).at("entries").at(1).at("outcome") == "key_taken");
}

TEST_CASE("a type's own permit has to allow the operator, too") {
    SubmitApi api({.submit_types = {http::SubmitRoute<>{
                       .job = {.type = "note"}, .permit = [](const http::Principal& caller) {
                           return caller.owner == "bob";
                       }}}});
    CHECK(api.post("/jobs", R"({"type": "note", "input": 1})").status == 403);
}

TEST_CASE("an operator submits no job outside of its view") {
    auto options = with_types();
    options.visible = [](const http::Principal&, std::string_view queue, std::string_view) {
        return queue != "secret";
    };
    SubmitApi api(std::move(options));
    CHECK(api.post("/jobs", R"({"type": "note", "input": 1, "queue": "secret"})").status == 404);
    CHECK(api.client.list({}).jobs.empty());
    api.submitted(R"({"type": "note", "input": 1})");
}

TEST_CASE("a host that allows no type has no route to submit one") {
    OperatorApi api;
    CHECK(api.post("/jobs", R"({"type": "note", "input": 1})").status == 405);
}
