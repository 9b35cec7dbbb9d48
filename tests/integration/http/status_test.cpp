#include "served_api.hpp"

#include <asyncjobs/executor.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

TEST_CASE("an active job has Retry-After, and a finished one has none") {
    ServedApi served;
    const auto id = served.submit("ann");
    auto response = served.ask("GET " + path_of(id));
    CHECK(response.status == 200);
    CHECK(text_at(json_of(response), "status") == "pending");
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    served.complete("{}");
    response = served.ask("GET " + path_of(id));
    CHECK(response.status == 200);
    CHECK(text_at(json_of(response), "status") == "completed");
    CHECK(response.header("Retry-After").empty());
}

TEST_CASE("a status has the revision as its ETag, and private, no-cache") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto response = served.ask("GET " + path_of(id));
    CHECK(response.header("ETag") == '"' + std::to_string(served.client.find(id)->revision) + '"');
    CHECK(response.header("Cache-Control") == "private, no-cache");
}

TEST_CASE("a client with the current revision gets 304 with the same headers") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto etag = served.ask("GET " + path_of(id)).header("ETag");
    for (const std::string& condition : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
        CAPTURE(condition);
        const auto response =
            served.ask("GET " + path_of(id), "ann", "If-None-Match: " + condition + "\r\n");
        CHECK(response.status == 304);
        CHECK(response.header("ETag") == etag);
        CHECK(response.header("Cache-Control") == "private, no-cache");
        CHECK_FALSE(response.header("Retry-After").empty());
        CHECK(response.header("Content-Length").empty());
        CHECK(response.header("Content-Type").empty());
    }
    served.complete();
    CHECK(served.ask("GET " + path_of(id), "ann", "If-None-Match: " + etag + "\r\n").status == 200);
}

TEST_CASE("a failed job's status is 200 with the handler's error") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.fail({"E7005", "Lager fehlt: Köln", JsonText::parse(R"({"n":9})")});
    const auto response = served.ask("GET " + path_of(id));
    CHECK(response.status == 200);
    const auto error = json_of(response).at("error");
    CHECK(text_at(error, "code") == "E7005");
    CHECK(text_at(error, "message") == "Lager fehlt: Köln");
    CHECK(error.at("details").at("n") == boost::json::value(9));
}

TEST_CASE("a running job's status has its progress") {
    ServedApi served;
    const auto id = served.submit("ann");
    const Heartbeat beat{served.claim(), Progress{65, "読み込み中"}};
    REQUIRE(served.store.renew({&beat, 1}, 30s)[0].kept);
    const auto document = json_of(served.ask("GET " + path_of(id)));
    CHECK(text_at(document, "status") == "processing");
    CHECK(document.at("progress") == boost::json::value(65));
    CHECK(text_at(document, "message") == "読み込み中");
}

TEST_CASE("the result of an active job gets 202 with Retry-After") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto response = served.ask("GET " + path_of(id, "/result"));
    CHECK(response.status == 202);
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    CHECK(text_at(json_of(response), "job_id") == id.text());
    CHECK(text_at(json_of(response), "status_url") == path_of(id));
}

TEST_CASE("a result with a file is a redirect with no-store") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete(R"({"file_url":"/v1/files/a.pdf?signature=1","size_bytes":3})");
    const auto response = served.ask("GET " + path_of(id, "/result"));
    CHECK(response.status == 303);
    CHECK(response.header("Location") == "/v1/files/a.pdf?signature=1");
    CHECK(response.header("Cache-Control") == "no-store");
}

TEST_CASE("any other result is sent as stored") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete(R"({"x": 1.50})");
    const auto response = served.ask("GET " + path_of(id, "/result"));
    CHECK(response.status == 200);
    CHECK(response.header("Content-Type") == "application/json");
    CHECK(response.body == R"({"x": 1.50})");
    CHECK(served.ask("GET " + path_of(id, "/result"), "ann", "Accept: text/html\r\n").status ==
          406);
}

TEST_CASE("a file URL that would split the head is never sent in a header") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete(R"({"file_url":"/a\r\nSet-Cookie: x=y"})");
    const auto response = served.ask("GET " + path_of(id, "/result"));
    CHECK(response.status == 200);
    CHECK(response.header("Set-Cookie").empty());
    CHECK(response.header("Location").empty());
}

TEST_CASE("a result redirects only to http, https and relative URLs") {
    ServedApi served;
    const auto result_of = [&](const std::string& url) {
        const auto id = served.submit("ann");
        served.complete(R"({"file_url":")" + url + R"("})");
        return served.ask("GET " + path_of(id, "/result"));
    };
    for (const std::string url : {"https://cdn.example.org/a", "HTTP://cdn.example.org/a", "/a",
                                  "a/b?c=d", "//cdn.example.org/a"}) {
        CAPTURE(url);
        CHECK(result_of(url).status == 303);
        CHECK(result_of(url).header("Location") == url);
    }
    for (const std::string url :
         {"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org/a",
          "blob:x", "http:\\\\evil", "a b", " javascript:x", "s3://bucket/key"}) {
        CAPTURE(url);
        CHECK(result_of(url).status == 200);
        CHECK(result_of(url).header("Location").empty());
    }
}

TEST_CASE("the result of a failed or cancelled job gets 409") {
    ServedApi served;
    const auto failed = served.submit("ann");
    served.fail({"E1", "no", {}});
    const auto cancelled = served.submit("ann");
    served.client.cancel(cancelled);
    for (const auto& id : {failed, cancelled}) {
        const auto response = served.ask("GET " + path_of(id, "/result"));
        CHECK(response.status == 409);
        CHECK(response.header("Content-Type") == "application/problem+json");
        CHECK(text_at(json_of(response), "code") == "no_result");
    }
}

TEST_CASE("a result that the host signs again has a new ETag") {
    std::atomic<int> signature = 1;
    ServedApi served({.api = {.transform_result = [&](const Job&, boost::json::value& result) {
                          if (auto* url = result.as_object().if_contains("file_url"))
                              *url = "/a?signature=" + std::to_string(signature);
                      }}});
    const auto id = served.submit("ann");
    served.complete(R"({"file_url":"/a"})");
    const auto first = served.ask("GET " + path_of(id));
    CHECK(text_at(json_of(first).at("result"), "file_url") == "/a?signature=1");
    const std::string condition = "If-None-Match: " + first.header("ETag") + "\r\n";
    CHECK(served.ask("GET " + path_of(id), "ann", condition).status == 304);
    signature = 2;
    CHECK(served.ask("GET " + path_of(id), "ann", condition).status == 200);
    CHECK(served.ask("GET " + path_of(id, "/result")).header("Location") == "/a?signature=2");
    CHECK(served.client.find(id)->result->text() == R"({"file_url":"/a"})");
}

TEST_CASE("a real executor runs a submitted job to its result") {
    ServedApi served;
    Executor executor(served.store, {.queues = {"reports"}, .concurrency = 1});
    executor.handle<SalesReport>([](const SalesReport& in, ProgressReporter& progress) {
        progress.report(50, "half");
        return JsonText::parse("\"" + in.from + in.format + "\"");
    });
    executor.start();
    const auto accepted =
        served.post("/v1/reports/sales", R"({"from":"2025-01-01","to":"2025-01-31"})");
    const auto id = *JobId::parse(text_at(json_of(accepted), "job_id"));
    REQUIRE(served.client.wait(id, 1min)->status == JobStatus::completed);
    const auto document = json_of(served.ask("GET " + accepted.header("Location")));
    CHECK(document.at("progress") == boost::json::value(100));
    CHECK(text_at(document, "result") == "2025-01-01pdf");
}

TEST_CASE("the text of an exception never reaches a client") {
    ServedApi served;
    Executor executor(served.store, {.queues = {"reports"}, .concurrency = 1});
    executor.handle("sales_report", [](const JsonText&, ProgressReporter&) -> JsonText {
        throw std::runtime_error("SELECT password FROM users");
    });
    executor.start();
    const auto id =
        served.client
            .submit(NewJob{
                .type = "sales_report", .queue = "reports", .owner = "ann", .max_attempts = 1})
            .id;
    REQUIRE(served.client.wait(id, 1min)->status == JobStatus::failed);
    const auto response = served.ask("GET " + path_of(id));
    CHECK(text_at(json_of(response).at("error"), "code") == "internal_error");
    CHECK(response.body.find("SELECT") == std::string::npos);
}
