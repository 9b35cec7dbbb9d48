#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

TEST_CASE("HEAD has the headers of GET and no body") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete("[1]");
    for (const auto& path : {path_of(id), path_of(id, "/result"), std::string("/v1/jobs"),
                             std::string("/healthz"), std::string("/v1/jobs/unknown")}) {
        CAPTURE(path);
        const auto get = served.ask("GET " + path);
        auto connection = served.connect();
        connection.send(ServedApi::request("HEAD " + path, "ann", "Connection: close\r\n"));
        const auto head = connection.receive(true);
        CHECK(head.status == get.status);
        CHECK(head.header("Content-Length") == get.header("Content-Length"));
        CHECK(head.header("Content-Length") == std::to_string(get.body.size()));
        CHECK(head.header("Content-Type") == get.header("Content-Type"));
        CHECK(head.header("ETag") == get.header("ETag"));
        CHECK(connection.closed_without_a_word());
    }
}

TEST_CASE("OPTIONS returns 204 with Allow, without credentials") {
    ServedApi served;
    const auto allow = [&](const std::string& target) {
        const auto response = served.ask("OPTIONS " + target, "");
        CHECK(response.status == 204);
        CHECK(response.header("Content-Length").empty());
        return response.header("Allow");
    };
    CHECK(allow("/v1/jobs/x") == "DELETE, GET, HEAD, OPTIONS");
    CHECK(allow("/v1/jobs") == "GET, HEAD, OPTIONS, POST");
    CHECK(allow("/v1/reports/sales") == "OPTIONS, POST");
    CHECK(allow("*") == "DELETE, GET, HEAD, OPTIONS, POST");
    CHECK(served.ask("OPTIONS /v1/nothing", "").status == 404);
}

TEST_CASE("a method that a path does not have gets 405 with Allow") {
    ServedApi served;
    for (const std::string method : {"PUT", "PATCH", "POST"}) {
        const auto response = served.ask(method + " /v1/jobs/x");
        CHECK(response.status == 405);
        CHECK(response.header("Allow") == "DELETE, GET, HEAD, OPTIONS");
    }
}

TEST_CASE("an unknown method gets 501") {
    ServedApi served;
    for (const std::string method : {"BREW", "TRACE", "get", "PROPFIND"})
        CHECK(served.ask(method + " /v1/jobs").status == 501);
}

TEST_CASE("the operators' routes need no credentials") {
    ServedApi served;
    CHECK(served.ask("GET /healthz", "").status == 200);
    CHECK(served.ask("GET /readyz", "").status == 200);
    CHECK(served.ask("GET /v1/healthz", "ann").status == 404);
}

TEST_CASE("escapes are decoded after the path is split, and can't obscure it") {
    ServedApi served;
    const auto id = served.submit("ann");
    CHECK(served.ask("GET /v1/%6Aobs/" + std::string(id.text())).status == 200);
    CHECK(served.ask("GET /v1%2Fjobs").status == 404);
    CHECK(served.ask("GET " + path_of(id) + "%00").status == 400);
    CHECK(served.ask("GET /v1/jobs/%zz").status == 400);
    CHECK(served.ask("GET /v1/x/../jobs").status == 400);
    CHECK(served.ask("GET /v1/%2e%2e/jobs").status == 400);
    CHECK(served.ask("GET /v1/jobs?type=%ff").status == 400);
}

TEST_CASE("a host's routes get their parameters, with or without authentication") {
    ServedApi served;
    const auto echo = [](const http::Call& call) {
        const std::string* query = call.query.find("q");
        return http::Response{.headers = {{"Content-Type", "text/plain"}},
                              .body = call.principal.owner + '|' + *call.path.find("key") + '|' +
                                      (query ? *query : "")};
    };
    served.api.route("GET", "/open/{key}", echo, {.authenticate = false});
    served.api.route("GET", "/closed/{key}", echo);
    served.api.route("GET", "/broken", [](const http::Call&) -> http::Response {
        throw std::runtime_error("hunter2");
    });
    served.api.route("GET", "/gone", [](const http::Call&) -> http::Response {
        throw http::Problem(410, "gone", "it was here");
    });
    served.api.route("GET", "/split", [](const http::Call&) {
        http::Response response;
        response.headers.set("X", "a\r\nSet-Cookie: b");
        return response;
    });
    CHECK(served.ask("GET /v1/open/a%2Fb?q=1+2", "").body == "|a/b|1 2");
    CHECK(served.ask("GET /v1/closed/x", "").status == 401);
    CHECK(served.ask("GET /v1/closed/x", "ann").body == "ann|x|");
    CHECK(served.ask("GET /v1/broken").status == 500);
    CHECK(served.ask("GET /v1/broken").body.find("hunter2") == std::string::npos);
    CHECK(served.ask("GET /v1/gone").status == 410);
    const auto split = served.ask("GET /v1/split");
    CHECK(split.status == 500);
    CHECK(split.header("Set-Cookie").empty());
}

TEST_CASE("every response forbids content sniffing") {
    ServedApi served;
    served.api.route("GET", "/page", [](const http::Call&) { return http::Response{.body = "<"}; });
    const auto job = path_of(served.submit("ann"));
    const std::vector<std::string> lines = {
        "GET /v1/jobs", "GET " + job,        "HEAD " + job,  "DELETE " + job,
        "GET /v1/page", "GET /v1/none",      "PUT /v1/jobs", "OPTIONS /v1/jobs",
        "GET /healthz", "GET /openapi.json", "GET /metrics", "BREW /v1/jobs"};
    for (const auto& line : lines) {
        CAPTURE(line);
        CHECK(served.ask(line).header("X-Content-Type-Options") == "nosniff");
    }
    auto connection = served.connect();
    CHECK(connection.ask("nonsense\r\n\r\n").header("X-Content-Type-Options") == "nosniff");
}
