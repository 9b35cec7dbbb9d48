#include "openapi/document.hpp"

#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <doctest/doctest.h>

#include <set>

using namespace asyncjobs;
using namespace asyncjobs::http;
using namespace asyncjobs::http::openapi;

namespace {

struct Fixture {
    ApiOptions options = {};
    Router router = {};
    GenericTypes generic = {};

    void add(std::string method, std::string path) {
        router.add({.method = std::move(method),
                    .path = std::move(path),
                    .handler = [](const Call&) { return Response{}; }});
    }

    boost::json::value document() const {
        return make_document({options, router.routes(), generic});
    }
};

/// The texts of all members of that name, at every depth.
void collect(const boost::json::value& from, std::string_view name, std::set<std::string>& found) {
    if (const auto* array = from.if_array())
        for (const auto& element : *array) collect(element, name, found);
    if (const auto* object = from.if_object())
        for (const auto& [key, value] : *object) {
            if (key == boost::json::string_view(name) && value.is_string())
                found.emplace(value.as_string());
            collect(value, name, found);
        }
}

} // namespace

TEST_CASE("the document has title, version and server") {
    Fixture fixture;
    fixture.options.openapi = {.title = "Reports",
                               .version = "2.1.0",
                               .info = JsonText::parse(R"({"title":"x","contact":{"name":"us"}})")};
    const auto relative = fixture.document();
    CHECK(relative.at("openapi") == "3.1.0");
    CHECK(relative.at("info") ==
          boost::json::parse(R"({"title":"Reports","version":"2.1.0","contact":{"name":"us"}})"));
    CHECK(relative.at_pointer("/servers/0/url") == "/");
    fixture.options.public_base_url = "https://api.example.org";
    CHECK(fixture.document().at_pointer("/servers/0/url") == "https://api.example.org");
}

TEST_CASE("each route is an operation of its path, named relative to the prefix") {
    Fixture fixture;
    fixture.add("GET", "/v1/files/{key}");
    fixture.add("PUT", "/v1/files/{key}");
    fixture.add("GET", "/healthz");
    const auto paths = fixture.document().at("paths").as_object();
    CHECK(paths.size() == 2);
    CHECK(paths.at("/v1/files/{key}").at("get").at("operationId") == "getFilesKey");
    CHECK(paths.at("/v1/files/{key}").at("put").at("operationId") == "putFilesKey");
    CHECK(paths.at("/healthz").at("get").at("operationId") == "getHealthz");
}

TEST_CASE("a route with described = false is left out") {
    Fixture fixture;
    fixture.router.add({.method = "GET",
                        .path = "/v1/inner",
                        .handler = [](const Call&) { return Response{}; },
                        .described = false});
    CHECK(fixture.document().at("paths").as_object().empty());
}

TEST_CASE("no two operations have the same id") {
    Fixture fixture;
    for (const auto* path : {"/v1/a/b", "/v1/a_b", "/v1/a-b"}) fixture.add("GET", path);
    std::set<std::string> ids;
    collect(fixture.document().at("paths"), "operationId", ids);
    CHECK(ids == std::set<std::string>{"getAB", "getAB2", "getAB3"});
}

TEST_CASE("each tag of an operation is listed once") {
    Fixture fixture;
    for (const auto* path : {"/v1/files/{key}", "/v1/files", "/v1/notes"}) fixture.add("GET", path);
    CHECK(fixture.document().at("tags") ==
          boost::json::parse(R"([{"name":"files"},{"name":"notes"}])"));
}

TEST_CASE("security is a bearer token unless the host sets another or allows anonymous use") {
    Fixture fixture;
    fixture.add("GET", "/v1/notes");
    auto document = fixture.document();
    CHECK(document.at("security") == boost::json::parse(R"([{"bearer":[]}])"));
    CHECK(document.at("components").at("securitySchemes") ==
          boost::json::parse(R"({"bearer":{"type":"http","scheme":"bearer"}})"));

    fixture.options.openapi = {
        .security_scheme = "key",
        .security = JsonText::parse(R"({"type":"apiKey","in":"header","name":"X-Key"})")};
    document = fixture.document();
    CHECK(document.at("security") == boost::json::parse(R"([{"key":[]}])"));
    CHECK(document.at_pointer("/components/securitySchemes/key/name") == "X-Key");

    fixture.options.allow_anonymous = true;
    document = fixture.document();
    CHECK(document.at("security") == boost::json::array());
    CHECK_FALSE(document.at("components").as_object().contains("securitySchemes"));
    CHECK_FALSE(
        document.at_pointer("/paths/~1v1~1notes/get/responses").as_object().contains("401"));
}

TEST_CASE("the generic route is described by its types, with 403 if one of them has a permit") {
    Fixture fixture;
    fixture.add("POST", "/v1/jobs");
    const auto operation = [&] {
        return fixture.document().at("paths").at("/v1/jobs").at("post").as_object();
    };
    CHECK_FALSE(operation().contains("requestBody"));
    fixture.generic.emplace("note",
                            http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}}));
    CHECK(operation().contains("requestBody"));
    CHECK_FALSE(operation().at("responses").as_object().contains("403"));
    fixture.generic.at("note").permit = [](const Principal&) { return false; };
    CHECK(operation().at("responses").as_object().contains("403"));
}

TEST_CASE("a list's default limit is the API's default page") {
    Fixture fixture;
    fixture.router.add({.method = "GET",
                        .path = "/v1/jobs",
                        .handler = [](const Call&) { return Response{}; },
                        .operation = parse_object(list_jobs)});
    fixture.options.default_page = 7;
    CHECK(fixture.document().at_pointer("/components/parameters/Limit/schema/default") == 7);
}

TEST_CASE("webhooks are described if they are enabled") {
    Fixture fixture;
    CHECK_FALSE(fixture.document().as_object().contains("webhooks"));
    fixture.options.openapi.webhooks = true;
    const auto hooks = fixture.document().at("webhooks").as_object();
    CHECK(hooks.size() == 3);
    CHECK(hooks.at("job.failed")
              .at("post")
              .at_pointer("/requestBody/content/application~1json/schema/properties/type/const") ==
          "job.failed");
}

TEST_CASE("routes with callbacks have the parameter callback_url") {
    Fixture fixture;
    fixture.options.openapi.webhooks = true;
    fixture.add("POST", "/v1/jobs");
    fixture.add("POST", "/v1/jobs/{id}/retry");
    fixture.add("POST", "/v1/jobs/{id}/cancel");
    fixture.generic.emplace("note",
                            http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}}));
    const auto takes_one = [&](const std::string& path) {
        std::set<std::string> targets;
        collect(fixture.document().at("paths").at(path), "$ref", targets);
        return targets.contains("#/components/parameters/CallbackUrl");
    };
    CHECK_FALSE(takes_one("/v1/jobs"));
    CHECK_FALSE(takes_one("/v1/jobs/{id}/retry"));
    fixture.options.companion_jobs = [](const NewJob&, const Call&) {
        return std::vector<NewJob>();
    };
    fixture.options.companion_jobs_for_retry = [](const Job&, const Call&) {
        return std::vector<NewJob>();
    };
    CHECK(takes_one("/v1/jobs"));
    CHECK(takes_one("/v1/jobs/{id}/retry"));
    CHECK_FALSE(takes_one("/v1/jobs/{id}/cancel"));
    fixture.options.openapi.webhooks = false;
    CHECK_FALSE(takes_one("/v1/jobs"));
}

TEST_CASE("results of jobs that no route submits are described") {
    Fixture fixture;
    fixture.router.add({.method = "GET",
                        .path = "/v1/jobs/{id}/result",
                        .handler = [](const Call&) { return Response{}; },
                        .operation = parse_object(get_job_result)});
    fixture.generic.emplace(
        "sum", http::detail::make_rule(SubmitRoute<>{
                   .job = {.type = "sum"}, .result_schema = JsonText::parse("{\"a\":1}")}));
    fixture.options.openapi.webhooks = true;
    fixture.options.openapi.other_results = {JsonText::parse(R"({"type":"integer"})")};
    const auto document = fixture.document();
    CHECK(document.at_pointer("/components/schemas/Result/anyOf") ==
          boost::json::parse(R"([{"$ref":"#/components/schemas/SumResult"},
                                 {"$ref":"#/components/schemas/OtherResult"},
                                 {"$ref":"#/components/schemas/WebhookDeliveryResult"}])"));
}

TEST_CASE("every reference in the document resolves") {
    Fixture fixture;
    fixture.options.openapi.webhooks = true;
    fixture.add("POST", "/v1/jobs");
    fixture.generic.emplace("note",
                            http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}}));
    const auto document = fixture.document();
    std::set<std::string> targets;
    collect(document, "$ref", targets);
    CHECK(targets.size() > 10);
    for (const auto& target : targets) {
        CAPTURE(target);
        REQUIRE(target.starts_with("#/"));
        boost::system::error_code error;
        CHECK(document.find_pointer(target.substr(1), error));
    }
}
