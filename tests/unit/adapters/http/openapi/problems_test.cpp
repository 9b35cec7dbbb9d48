#include "openapi/problems.hpp"

#include <asyncjobs/http/problem.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs::http;

TEST_CASE("a problem's document has the members of its schema") {
    const auto schemas = openapi::problem_schemas();
    const auto response = Problem(404, "not_found", "gone").response("urn:uuid:1");
    const auto document = boost::json::parse(std::get<std::string>(response.body)).as_object();
    const auto& required = schemas.at("Problem").at("required").as_array();
    CHECK(required.size() == document.size());
    for (const auto& name : required) CHECK(document.contains(name.as_string()));
}

TEST_CASE("every problem response has the media type of problems") {
    for (const auto& response : openapi::problem_responses()) {
        CAPTURE(response.key());
        const auto& content = response.value().at("content").as_object();
        CHECK(content.size() == 1);
        CHECK(content.contains("application/problem+json"));
    }
}

TEST_CASE("a route's problems follow from its authentication and its permit") {
    CHECK(openapi::common_problems(true, true).contains("401"));
    CHECK(openapi::common_problems(true, true).contains("403"));
    CHECK_FALSE(openapi::common_problems(false, false).contains("401"));
    CHECK_FALSE(openapi::common_problems(true, false).contains("403"));
    CHECK(openapi::common_problems(false, false).contains("default"));
}
