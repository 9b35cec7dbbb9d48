#include "openapi/operation.hpp"

#include "openapi/components.hpp"

#include <asyncjobs/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <doctest/doctest.h>

using asyncjobs::JsonText;
using namespace asyncjobs::http;
using namespace asyncjobs::http::openapi;

namespace {

Route get(std::string path, const char* operation = "{}") {
    return {.method = "GET", .path = std::move(path), .operation = parse_object(operation)};
}

boost::json::object operation_of(const Route& route, Mounting mounting = {}) {
    mounting.path = route.path;
    return make_operation(route, std::move(mounting), parameters(50));
}

} // namespace

TEST_CASE("a route without a declared operation is described by its mounting") {
    const auto operation = operation_of(get("/files/{key}/{part}"));
    CHECK(operation.at("operationId") == "getFilesKeyPart");
    CHECK(operation.at("summary") == "GET /files/{key}/{part}");
    CHECK(operation.at("tags") == boost::json::parse(R"(["files"])"));
    const auto& path = operation.at("parameters").as_array();
    REQUIRE(path.size() == 2);
    CHECK(path.at(0) == boost::json::parse(R"({"name":"key","in":"path","required":true,
                                               "schema":{"type":"string"}})"));
    CHECK(operation.at("responses").as_object().contains("2XX"));
    CHECK_FALSE(operation.contains("security"));
    CHECK_FALSE(operation.contains("requestBody"));
}

TEST_CASE("declared members of an operation stay, and missing ones are added") {
    const auto operation =
        operation_of(get("/files/{key}", R"({"summary":"A file","operationId":"file","tags":["x"],
                                "responses":{"200":{"description":"yes"},"500":{"description":"no"}},
                                "parameters":[{"name":"key","in":"query"},
                                              {"name":"key","in":"path","required":true}]})"));
    CHECK(operation.at("summary") == "A file");
    CHECK(operation.at("operationId") == "file");
    CHECK(operation.at("tags") == boost::json::parse(R"(["x"])"));
    CHECK(operation.at("parameters").as_array().size() == 2);
    const auto& responses = operation.at("responses").as_object();
    CHECK(responses.at("500").at("description") == "no");
    CHECK(responses.contains("default"));
    CHECK_FALSE(responses.contains("2XX"));
}

TEST_CASE("an invalid operation is refused with its position") {
    CHECK(read_operation(JsonText()).empty());
    CHECK(read_operation(JsonText::parse(R"({"tags":["a"],"x-more":1})")).size() == 2);
    CHECK_THROWS_WITH_AS(read_operation(JsonText::parse(R"({"tags":"a"})")),
                         "operation does not fit at /tags: expected an array: invalid argument",
                         asyncjobs::Error);
    for (const auto* text :
         {R"({"parameters":[1]})", R"({"responses":[]})", R"({"operationId":1})"})
        CHECK_THROWS_AS(read_operation(JsonText::parse(text)), asyncjobs::Error);
}

TEST_CASE("a path parameter may refer to a component or to another document") {
    const auto ours = operation_of(
        get("/jobs/{id}", R"({"parameters":[{"$ref":"#/components/parameters/JobId"}]})"));
    CHECK(ours.at("parameters").as_array().size() == 1);
    const auto other =
        operation_of(get("/jobs/{id}", R"({"parameters":[{"$ref":"#/x/Unknown"}]})"));
    CHECK(other.at("parameters").as_array().size() == 2);
}

TEST_CASE("a public route has no security and no 401") {
    const auto operation = operation_of(get("/open"), {.authenticated = false});
    CHECK(operation.at("security") == boost::json::array());
    CHECK_FALSE(operation.at("responses").as_object().contains("401"));
    CHECK(operation_of(get("/closed")).at("responses").as_object().contains("401"));
    CHECK(operation_of(get("/mine"), {.may_forbid = true})
              .at("responses")
              .as_object()
              .contains("403"));
}

TEST_CASE("a submit route has 202 and every error of a document") {
    const boost::json::object body{{"required", true}};
    const auto operation = operation_of(get("/notes"), {.request_body = body});
    CHECK(operation.at("requestBody") == body);
    for (const auto* status : {"202", "406", "413", "415", "422"})
        CHECK(operation.at("responses").as_object().contains(status));
    CHECK_FALSE(operation.at("responses").as_object().contains("2XX"));
}

TEST_CASE("a submit route is named by its type") {
    auto route = get("/reports/sales");
    route.submission = std::make_shared<const asyncjobs::http::detail::SubmitRule>(
        asyncjobs::http::detail::SubmitRule{.job = {.type = "sales_report"}});
    CHECK(operation_of(route).at("operationId") == "submitReportsSales");
    CHECK(operation_of(route).at("summary") == "Submit a job of type sales_report");
}
