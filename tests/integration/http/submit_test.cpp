#include "served_api.hpp"

#include <asyncjobs/testing/faulty_job_store.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {
constexpr std::string_view january = R"({"from":"2025-01-01","to":"2025-01-31"})";
}

TEST_CASE("a submit returns 202 with the document and headers of the contract") {
    ServedApi served;
    const auto response = served.post("/v1/reports/sales", january);
    CHECK(response.status == 202);
    CHECK(response.header("Content-Type") == "application/json");
    CHECK(response.header("Cache-Control") == "no-store");
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    const auto document = json_of(response);
    const auto id = JobId::parse(text_at(document, "job_id"));
    REQUIRE(id);
    CHECK(response.header("Location") == path_of(*id));
    CHECK(text_at(document, "status_url") == path_of(*id));
    CHECK(text_at(document, "status") == "pending");
    CHECK(parse_rfc3339(text_at(document, "created_at")) == served.client.find(*id)->created_at);
    CHECK_FALSE(document.as_object().contains("estimated_completion"));
}

TEST_CASE("a submitted job has the caller as its owner, and default members") {
    ServedApi served;
    const auto id =
        *JobId::parse(text_at(json_of(served.post("/v1/reports/sales", january)), "job_id"));
    const auto job = *served.client.find(id);
    CHECK(job.owner == "ann");
    CHECK(job.queue == "reports");
    CHECK(job.type == "sales_report");
    CHECK(job.input.text() == R"({"from":"2025-01-01","to":"2025-01-31","format":"pdf"})");
}

TEST_CASE("an untyped submit keeps its input byte for byte, also by the generic route") {
    ServedApi served;
    const std::string input = R"({ "n":12345678901234567890123, "x": 1.50, "ä":"\u00e4"})";
    const auto direct = *JobId::parse(text_at(json_of(served.post("/v1/notes", input)), "job_id"));
    CHECK(served.client.find(direct)->input.text() == input);
    const auto generic = *JobId::parse(text_at(
        json_of(served.post("/v1/jobs", R"({"type":"note","input":)" + input + "}")), "job_id"));
    CHECK(served.client.find(generic)->input.text() == input);
    CHECK(served.client.find(generic)->type == "note");
}

TEST_CASE("a submit's estimate includes the jobs before it") {
    const Timestamp start{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    Timestamp now = start;
    MemoryJobStore store([&now] { return now; });
    Client client(store);
    http::JobApi api(client, {.authenticator = bearer_is_name});
    api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}});
    client.submit(NewJob{.type = "note"});
    const std::string queues[] = {"default"};
    const auto lease = store.claim({.worker = "w", .queues = queues, .limit = 1}).claimed[0].lease;
    now += 1h;
    const auto done = Settlement::completed(lease, JsonText());
    REQUIRE(store.settle({&done, 1})[0].accepted);

    std::promise<http::Response> promise;
    const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    api.handle({.method = "POST",
                .target = "/v1/notes",
                .headers = {{"Authorization", "Bearer ann"}, {"Content-Type", "application/json"}},
                .body = "1"},
               [&](http::Response response) { promise.set_value(std::move(response)); });
    const auto response = promise.get_future().get();
    REQUIRE(response.status == 202);
    const auto document = boost::json::parse(std::get<std::string>(response.body));
    const auto expected = parse_rfc3339(text_at(document, "estimated_completion"));
    REQUIRE(expected);
    CHECK(*expected >= before + 1h);
    CHECK(std::stoi(*response.headers.find("Retry-After")) >= 24);
    CHECK(std::stoi(*response.headers.find("Retry-After")) <= 30);
}

TEST_CASE("a route's expected_run is used until runs have been measured") {
    const auto estimate = [](ServedApi& served, std::string_view line) {
        const auto response =
            line.starts_with("POST") ? served.post(line.substr(5), "1") : served.ask(line);
        return parse_rfc3339(text_at(json_of(response), "estimated_completion")).value();
    };
    const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    for (const bool known : {false, true}) {
        CAPTURE(known);
        ServedApi served;
        served.api.submit_route("/slow",
                                http::SubmitRoute<>{.job = {.type = "slow"}, .expected_run = 1h});
        const auto id = served.submit("ann", "slow");
        if (known) {
            served.complete();
        } else {
            CHECK(estimate(served, "GET " + path_of(id)) >= before + 1h);
        }
        CHECK((estimate(served, "POST /v1/slow") >= before + 1h) == !known);
    }
}

TEST_CASE("expected_run must be 0 to 366 days") {
    ServedApi served;
    for (const Duration wrong : {Duration{-1}, Duration{std::chrono::days{367}}})
        CHECK_THROWS_AS(
            served.api.submit_route(
                "/wrong", http::SubmitRoute<>{.job = {.type = "wrong"}, .expected_run = wrong}),
            Error);
}

TEST_CASE("members set by the host are unknown to clients, and reach the job") {
    ServedApi served;
    auto route = sales_route();
    route.set_by_host = {"warehouse"};
    route.prepare = [](SalesReport& in, NewJob&, const http::Call&, http::Violations&) {
        in.warehouse = 7;
    };
    served.api.submit_route("/seven", route);
    const auto refused = served.post("/v1/seven", R"({"from":"a","to":"b","warehouse":8})");
    CHECK(refused.status == 422);
    CHECK(text_at(json_of(refused).at("errors").at(0), "pointer") == "/warehouse");
    route.unknown_members = json::UnknownMembers::ignore;
    ServedApi lenient;
    lenient.api.submit_route("/seven", route);
    const auto accepted = lenient.post("/v1/seven", R"({"from":"a","to":"b","warehouse":8})");
    const auto job = lenient.client.find(*JobId::parse(text_at(json_of(accepted), "job_id")));
    CHECK(boost::json::parse(job->input.text()).at("warehouse") == 7);
}

TEST_CASE("URLs begin with the configured base, regardless of Host") {
    ServedApi served({.api = {.public_base_url = "https://api.example.org"}});
    auto connection = served.connect();
    const auto response = connection.ask(
        "POST /v1/notes HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ann\r\n"
        "X-Forwarded-Host: evil.example\r\nContent-Type: application/json\r\n"
        "Content-Length: 1\r\n\r\n1");
    CHECK(response.header("Location").starts_with("https://api.example.org/v1/jobs/job-"));
    CHECK(response.body.find("evil") == std::string::npos);
}

TEST_CASE("a malformed body gets 400, and nothing is submitted") {
    ServedApi served;
    const std::string bodies[] = {"",
                                  "{",
                                  "{'from':1}",
                                  R"({"from":"2025-01-01","from":"2025-01-02","to":"x"})",
                                  "{\"from\":\"\xff\",\"to\":\"x\"}",
                                  R"({"from":"\ud800","to":"x"})",
                                  R"({"from":"a\u0000b","to":"x"})",
                                  std::string(33, '[') + std::string(33, ']'),
                                  "{}{}"};
    for (const auto& body : bodies) {
        CAPTURE(body);
        const auto response = served.post("/v1/reports/sales", body);
        CHECK(response.status == 400);
        CHECK(text_at(json_of(response), "code") == "invalid_json");
    }
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a document with violations gets 422 with all of them") {
    ServedApi served;
    const auto response = served.post("/v1/reports/sales",
                                      R"({"to":7,"format":"doc","warehouse":1.5,"colour":"red"})");
    CHECK(response.status == 422);
    CHECK(response.header("Content-Type") == "application/problem+json");
    std::vector<std::string> pointers;
    const auto document = json_of(response);
    for (const auto& error : document.at("errors").as_array())
        pointers.push_back(text_at(error, "pointer") + ' ' + text_at(error, "detail"));
    CHECK(pointers.size() == 5);
    const auto has = [&](std::string_view text) {
        return std::ranges::any_of(pointers,
                                   [&](const auto& found) { return found.starts_with(text); });
    };
    CHECK(has("/from is required"));
    CHECK(has("/to expected a string"));
    CHECK(has("/format must be pdf or xlsx"));
    CHECK(has("/warehouse expected a whole number"));
    CHECK(has("/colour is unknown here"));
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a document that is not an object gets 422") {
    ServedApi served;
    const auto response = served.post("/v1/reports/sales", "[1]");
    CHECK(response.status == 422);
    CHECK(json_of(response).at("errors").as_array().size() == 1);
    CHECK(text_at(json_of(response).at("errors").as_array().at(0), "pointer") == "");
}

TEST_CASE("the generic route accepts only allowed types, and checks their input") {
    ServedApi served;
    const auto pointer = [&](std::string_view body) {
        const auto response = served.post("/v1/jobs", body);
        CHECK(response.status == 422);
        return text_at(json_of(response).at("errors").as_array().at(0), "pointer");
    };
    CHECK(pointer(R"({"type":"secret_type","input":1})") == "/type");
    CHECK(pointer(R"({"type":7,"input":1})") == "/type");
    CHECK(pointer(R"({"input":1})") == "/type");
    CHECK(pointer(R"({"type":"note"})") == "/input");
    CHECK(pointer(R"({"type":"note","input":1,"queue":"x"})") == "/queue");
    CHECK(pointer(R"({"type":"sales_report","input":{"from":"x"}})") == "/input/to");
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a body with another media type gets 415 with Accept") {
    ServedApi served;
    const auto response = served.ask("POST /v1/notes", "ann", "Content-Type: text/plain\r\n", "1");
    CHECK(response.status == 415);
    CHECK(response.header("Accept") == "application/json");
    CHECK(served.ask("POST /v1/notes", "ann", "", "1").status == 415);
}

TEST_CASE("a client that excludes JSON gets 406 before a job is created") {
    ServedApi served;
    const auto response = served.ask(
        "POST /v1/notes", "ann", "Content-Type: application/json\r\nAccept: text/html\r\n", "1");
    CHECK(response.status == 406);
    CHECK(served.client.list({}).jobs.empty());
}

TEST_CASE("a principal without a route's permission gets 403") {
    ServedApi served;
    served.api.submit_route(
        "/purges",
        http::SubmitRoute<>{.job = {.type = "purge"}, .permit = [](const http::Principal& who) {
                                return who.has_role("admin");
                            }});
    CHECK(served.post("/v1/purges", "1", "ann").status == 403);
    CHECK(served.post("/v1/purges", "1", "root").status == 202);
    CHECK(served.client.list({}).jobs.size() == 1);
}

TEST_CASE("an unavailable store gets 503 with Retry-After, without the store's text") {
    MemoryJobStore memory;
    testing::FaultyJobStore store(
        memory, [](std::string_view) { return testing::FaultyJobStore::Fault::unavailable; });
    Client client(store, {.submit_tries = 1});
    std::vector<std::string> logged;
    std::mutex mutex;
    http::JobApi api(client, {.authenticator = bearer_is_name, .log = [&](const LogEntry& entry) {
                                  const std::lock_guard lock(mutex);
                                  logged.push_back(entry.message);
                              }});
    api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}});
    beast::Server server(api);
    server.start();
    RawClient connection(server.port());
    const auto response = connection.ask(
        ServedApi::request("POST /v1/notes", "ann", "Content-Type: application/json\r\n", "1"));
    CHECK(response.status == 503);
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    const auto instance = text_at(json_of(response), "instance");
    const auto ready = connection.ask(ServedApi::request("GET /readyz", ""));
    CHECK(ready.status == 503);
    CHECK(connection.ask(ServedApi::request("GET /healthz", "")).status == 200);
    const std::lock_guard lock(mutex);
    REQUIRE(logged.size() >= 1);
    CHECK(logged.front().find(instance) != std::string::npos);
}

TEST_CASE("an encoded body gets 415 with Accept-Encoding") {
    ServedApi served;
    const auto submit = [&](const std::string& fields) {
        return served.ask("POST /v1/notes", "ann", "Content-Type: application/json\r\n" + fields,
                          "1");
    };
    for (const std::string fields : {"Content-Encoding: gzip\r\n", "content-encoding: BR\r\n",
                                     "Content-Encoding: identity, gzip\r\n",
                                     "Content-Encoding: identity\r\nContent-Encoding: deflate\r\n",
                                     "Content-Encoding: x-unknown\r\n"}) {
        CAPTURE(fields);
        const auto refused = submit(fields);
        CHECK(refused.status == 415);
        CHECK(refused.header("Accept-Encoding") == "identity");
    }
    CHECK(served.client.list({}).jobs.empty());
    for (const std::string fields :
         {"Content-Encoding: identity\r\n", "Content-Encoding: Identity\r\n",
          "Content-Encoding: \r\n", ""})
        CHECK(submit(fields).status == 202);
}
