#include "operator_api.hpp"

#include <algorithm>

using namespace operator_test;

TEST_CASE("operators search the jobs of all owners") {
    OperatorApi api;
    const auto reports = api.submit({.queue = "reports", .owner = "bob"});
    const auto mail = api.submit({.type = "mail", .owner = "eve"});
    api.fail_next("E7005");
    const auto find = [&](const std::string& query) {
        return ids_in(document(api.get("/jobs" + query)));
    };
    CHECK(find("") == std::vector{text(mail), text(reports)});
    CHECK(find("?owner=bob") == std::vector{text(reports)});
    CHECK(find("?queue=reports&status=pending") == std::vector{text(reports)});
    CHECK(find("?type=mail") == std::vector{text(mail)});
    CHECK(find("?status=failed&error_code=E7005") == std::vector{text(mail)});
    CHECK(find("?status=failed&status=pending").size() == 2);
    CHECK(find("?status=failed&error_code=E1").empty());
    CHECK(find("?created_until=2020-01-01T00:00:00Z").empty());
    CHECK(find("?worker=worker") == std::vector{text(mail)});
}

TEST_CASE("a search continues with its cursor, and finds each job once") {
    OperatorApi api;
    std::vector<std::string> submitted;
    for (int i = 0; i < 7; ++i) submitted.push_back(text(api.submit()));
    for (const std::string order : {"?limit=3", "?limit=3&status=pending"}) {
        CAPTURE(order);
        std::vector<std::string> found;
        std::string cursor;
        for (;;) {
            const auto page = document(api.get("/jobs" + order + cursor));
            for (auto& id : ids_in(page)) found.push_back(std::move(id));
            const auto* next = page.as_object().if_contains("next_cursor");
            if (!next) break;
            cursor = "&cursor=" + std::string(next->as_string());
            REQUIRE(found.size() <= submitted.size());
        }
        std::ranges::sort(found);
        CHECK(found == submitted);
    }
}

TEST_CASE("a bad parameter of a search is named, with its rule") {
    OperatorApi api;
    const auto detail = [&](const std::string& query) {
        const auto response = api.get("/jobs?" + query);
        CHECK(response.status == 400);
        return std::string(document(response).at("detail").as_string());
    };
    CHECK(detail("status=late") ==
          "status must be pending, processing, completed, failed or cancelled");
    CHECK(detail("created_since=yesterday") ==
          "created_since must be a time as 2026-01-31T12:00:00Z");
    CHECK(detail("limit=0") == "limit must be a whole number of at least 1");
    CHECK(detail("parents_of=7") == "parents_of must be the id of a job");
    CHECK(detail("library_jobs=yes") == "library_jobs must be true or false");
    for (const char* cursor : {"x", "e30", "bm9uc2Vuc2U", "eyJpZCI6Ing"})
        CHECK(detail(std::string("cursor=") + cursor) ==
              "the cursor does not belong to this listing");
    CHECK(doctest::String(detail("type=a%20b").c_str()) == doctest::Contains("type is \"a b\""));
}

TEST_CASE("a job is shown without its payloads, which have a right of their own") {
    OperatorApi api;
    const auto input = JsonText::parse(R"({"card": 12345678901234567890123})");
    const auto id = text(api.submit({.input = input, .owner = "bob"}));
    api.fail_next("E1");
    const auto shown = api.get("/jobs/" + id);
    CHECK(std::get<std::string>(shown.body).find("card") == std::string::npos);
    const auto job = document(shown);
    CHECK(job.at("owner") == "bob");
    CHECK(job.at("status") == "failed");
    CHECK(job.at("error").at("code") == "E1");

    const auto payload = api.get("/jobs/" + id + "/payload/input");
    CHECK(std::get<std::string>(payload.body) == input.text());
    CHECK(payload.headers.joined("Cache-Control") == "no-store");
    CHECK(api.get("/jobs/" + id + "/payload/result").status == 404);
    CHECK(api.get("/jobs/" + id + "/payload/nonsense").status == 404);
    api.rights = operations::admin.without(Right::see_payloads);
    CHECK(api.get("/jobs/" + id + "/payload/input").status == 403);
}

TEST_CASE("a job is shown with the errors of its attempts, and its steps are a payload") {
    OperatorApi api;
    const auto id = api.submit({.max_attempts = 2});
    const std::vector<std::string> queues = {"default"};
    const auto claimed = api.jobs().claim({.worker = "worker", .queues = queues, .limit = 1});
    const LeaseRef lease = claimed.claimed.at(0).lease;
    const Heartbeat heartbeat{.lease = lease, .step = Step{"read", JsonText::parse("1.50")}};
    api.jobs().renew({&heartbeat, 1}, std::chrono::minutes{1});
    const auto retried = Settlement::retried(
        lease, {.code = "E7005", .message = "no mail", .details = {}}, std::chrono::minutes{1});
    REQUIRE(api.jobs().settle({&retried, 1})[0].accepted);

    const auto errors = document(api.get("/jobs/" + text(id))).at("attempt_errors").as_array();
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].at("attempt") == 1);
    CHECK(errors[0].at("worker") == "worker");
    CHECK(errors[0].at("code") == "E7005");
    CHECK(errors[0].at("message") == "no mail");
    CHECK(std::get<std::string>(api.get("/jobs/" + text(id) + "/payload/steps").body) ==
          R"([{"name":"read","result":1.50}])");
}

TEST_CASE("a host masks payloads before they are shown") {
    OperatorApi api({.mask = [](const Job& job, std::string_view part, JsonText) {
        return JsonText::parse("\"" + job.type + ' ' + std::string(part) + "\"");
    }});
    const auto id = text(api.submit({.input = JsonText::parse(R"({"card": 1})")}));
    CHECK(std::get<std::string>(api.get("/jobs/" + id + "/payload/input").body) ==
          R"("report input")");
}

TEST_CASE("a pending job has a sentence that states what it waits for") {
    OperatorApi api;
    const auto id = text(api.submit({.queue = "reports"}));
    api.client.set_paused("reports", true);
    const auto why = document(api.get("/jobs/" + id + "/why"));
    CHECK(why.at("queue") == "reports");
    CHECK(why.at("sentence").as_string() ==
          describe(*api.memory.operators()->why(*JobId::parse(id))));
    CHECK(why.as_object().contains("paused_since"));
    CHECK(why.at("workers") == boost::json::parse(R"({"workers": 0, "quiet": 0, "busy": 0})"));
}

TEST_CASE("a job's graph has its parents and its children") {
    OperatorApi api;
    const auto parent = api.submit();
    const auto job = api.submit({.after = {parent}});
    const auto child = api.submit({.after = {job}});
    const auto graph = document(api.get("/jobs/" + text(job) + "/graph"));
    CHECK(graph.at("parents").at(0).at("job_id").as_string() == parent.text());
    CHECK(graph.at("children").at(0).at("job_id").as_string() == child.text());
    CHECK(graph.at("more") == false);
}

TEST_CASE("operators act on the jobs of all owners") {
    OperatorApi api;
    const auto id = text(api.submit({.owner = "bob"}));
    const auto outcome = [&](const http::Response& response) {
        return std::string(document(response).at("outcome").as_string());
    };
    CHECK(outcome(api.post("/jobs/" + id + "/cancel", R"({"reason": "asked by bob"})")) ==
          "cancelled");
    CHECK(api.client.find(*JobId::parse(id))->cancel_reason == "asked by bob");
    CHECK(outcome(api.post("/jobs/" + id + "/cancel")) == "already_cancelled");
    CHECK(outcome(api.post("/jobs/" + id + "/retry")) == "retried");
    CHECK(api.post("/jobs/" + id + "/retry").status == 409);
    CHECK(api.ask({.method = "DELETE", .target = "/jobs/" + id}).status == 409);
    api.fail_next("E1");
    CHECK(outcome(api.ask({.method = "DELETE", .target = "/jobs/" + id})) == "removed");
    CHECK(api.get("/jobs/" + id).status == 404);
    CHECK(api.post("/jobs/" + id + "/retry").status == 404);
    CHECK(api.post("/jobs/nonsense/retry").status == 404);
}

TEST_CASE("operators make a job due that waits for its time") {
    OperatorApi api;
    const auto later = api.submit({.delay = std::chrono::hours{1}});
    const auto child = api.submit({.after = {later}});
    const auto outcome = [&](const JobId& id) {
        const auto response = api.post("/jobs/" + text(id) + "/run-now", R"({"reason": "ready"})");
        return std::string(document(response).at("outcome").as_string());
    };
    CHECK(outcome(child) == "blocked");
    CHECK(outcome(later) == "made_due");
    CHECK(outcome(later) == "already_due");
    const auto entry = document(api.get("/audit")).at("entries").at(1);
    CHECK(entry.at("action") == "run_now");
    CHECK(entry.at("target").as_string() == later.text());
    CHECK(entry.at("outcome") == "made_due");
    const std::vector<std::string> queues = {"default"};
    CHECK(api.jobs().claim({.worker = "worker", .queues = queues, .limit = 9}).claimed.size() == 1);
    CHECK(outcome(later) == "already_running");
    const auto failed = api.submit({.queue = "reports"});
    api.fail_next("E1", "reports");
    CHECK(api.post("/jobs/" + text(failed) + "/run-now").status == 409);
    CHECK(api.post("/jobs/" + text(api.client.make_id()) + "/run-now").status == 404);
}

TEST_CASE("jobs, queues and counts outside of an operator's view do not exist for it") {
    OperatorApi api({.visible = [](const http::Principal&, std::string_view queue,
                                   std::string_view) { return queue != "secret"; }});
    const auto seen = text(api.submit());
    const auto hidden = text(api.submit({.queue = "secret", .after = {*JobId::parse(seen)}}));
    CHECK(ids_in(document(api.get("/jobs"))) == std::vector{seen});
    for (const std::string path : {"", "/why", "/graph", "/payload/input"})
        CHECK(api.get("/jobs/" + hidden + path).status == 404);
    CHECK(api.post("/jobs/" + hidden + "/cancel").status == 404);
    CHECK(api.client.find(*JobId::parse(hidden))->status == JobStatus::pending);
    CHECK(document(api.get("/jobs/" + seen + "/graph")).at("children").as_array().empty());
    CHECK(api.post("/queues/pause", R"({"queue": "secret"})").status == 404);
    const auto queues = document(api.get("/queues")).at("queues").as_array();
    CHECK(queues.size() == 1);
    const auto overview = document(api.get("/overview"));
    CHECK(overview.at("jobs").as_object().empty());
    CHECK(overview.at("queues").as_array().size() == 1);
}
