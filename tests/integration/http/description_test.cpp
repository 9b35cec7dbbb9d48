#include "served_api.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

std::vector<std::string> operations(const boost::json::value& document) {
    std::vector<std::string> all;
    for (const auto& [path, item] : document.at("paths").as_object())
        for (const auto& operation : item.as_object())
            all.push_back(std::string(operation.key()) + ' ' + std::string(path));
    std::ranges::sort(all);
    return all;
}

} // namespace

TEST_CASE("the description names all mounted routes, without authentication") {
    ServedApi served;
    served.api.route("PUT", "/photos/{name}", [](const http::Call&) { return http::Response{}; });
    const auto response = served.ask("GET /openapi.json", "");
    REQUIRE(response.status == 200);
    CHECK(response.header("Content-Type") == "application/json");
    CHECK(operations(json_of(response)) ==
          std::vector<std::string>{
              "delete /v1/jobs/{id}", "get /healthz", "get /metrics", "get /openapi.json",
              "get /readyz", "get /v1/jobs", "get /v1/jobs/{id}", "get /v1/jobs/{id}/events",
              "get /v1/jobs/{id}/result", "post /v1/jobs", "post /v1/jobs/{id}/cancel",
              "post /v1/jobs/{id}/retry", "post /v1/notes", "post /v1/reports/sales",
              "put /v1/photos/{name}"});
}

TEST_CASE("a client with the current description gets 304") {
    ServedApi served;
    const auto first = served.ask("GET /openapi.json", "");
    const auto again =
        served.ask("GET /openapi.json", "", "If-None-Match: " + first.header("ETag") + "\r\n");
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.header("ETag") == first.header("ETag"));
    CHECK(served.ask("GET /openapi.json", "", "If-None-Match: \"x\"\r\n").body == first.body);
}

TEST_CASE("the schema of a typed route accepts what the route accepts") {
    ServedApi served;
    const auto document = json_of(served.ask("GET /openapi.json", ""));
    const auto& input = document.at_pointer("/components/schemas/SalesReportInput");
    CHECK(input.at("required") == boost::json::parse(R"(["from","to"])"));
    CHECK(input.at_pointer("/properties/format/description") == "if absent: \"pdf\"");
    CHECK(served.post("/v1/reports/sales", R"({"from":"a","to":"b","warehouse":null})").status ==
          202);
    CHECK(input.at_pointer("/properties/warehouse/type") ==
          boost::json::parse(R"(["integer","null"])"));
    CHECK(served.post("/v1/reports/sales", R"({"from":"a","to":"b","more":1})").status == 422);
    CHECK(input.at("additionalProperties") == false);
}

TEST_CASE("a disabled description is not served") {
    ServedApi served({.api = {.openapi = {.enabled = false}}});
    CHECK(served.ask("GET /openapi.json", "").status == 404);
    CHECK_FALSE(served.api.serves("/openapi.json"));
    CHECK(ServedApi().api.serves("/openapi.json"));
}

TEST_CASE("an operation that is not a JSON object is refused when it is declared") {
    ServedApi served;
    const auto text = JsonText::parse("[]");
    CHECK_THROWS_WITH_AS(
        served.api.route("GET", "/a", [](const http::Call&) { return http::Response{}; },
                         {.operation = text}),
        R"(operation is "[]", but must be a JSON object: invalid argument)", Error);
    CHECK_THROWS_AS(served.api.submit_route(
                        "/b", http::SubmitRoute<>{.job = {.type = "b"}, .input_schema = text}),
                    Error);
    CHECK_THROWS_AS(served.api.allow_generic({.job = {.type = "b"}, .result_schema = text}), Error);
}
