#include <asyncjobs/http/problem.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using asyncjobs::http::Problem;
using asyncjobs::http::Violations;

TEST_CASE("a problem has the members of RFC 9457 and the code") {
    const auto response =
        Problem(409, "not_finished", "it runs").with_member("extra", 1).response("urn:x");
    CHECK(response.status == 409);
    CHECK(*response.headers.find("Content-Type") == "application/problem+json");
    const auto document = boost::json::parse(std::get<std::string>(response.body));
    CHECK(document == boost::json::value{{"type", "urn:asyncjobs:problem:not_finished"},
                                         {"title", "Conflict"},
                                         {"status", 409},
                                         {"detail", "it runs"},
                                         {"instance", "urn:x"},
                                         {"code", "not_finished"},
                                         {"extra", 1}});
}

TEST_CASE("a problem lists its errors") {
    const auto response =
        Problem(422, "c", "d").with_errors({{"/a", "x"}, {"/b/0", "y"}}).response("urn:x");
    const auto document = boost::json::parse(std::get<std::string>(response.body));
    CHECK(document.at("errors") ==
          boost::json::value{boost::json::object{{"pointer", "/a"}, {"detail", "x"}},
                             boost::json::object{{"pointer", "/b/0"}, {"detail", "y"}}});
}

TEST_CASE("a 422 without errors gets one for the request as a whole") {
    const auto errors = [](const Problem& problem) {
        const auto document = std::get<std::string>(problem.response("urn:x").body);
        return boost::json::parse(document).as_object().contains("errors");
    };
    const auto response = Problem(422, "c", "not \"so\"").response("urn:x");
    CHECK(boost::json::parse(std::get<std::string>(response.body)).at("errors") ==
          boost::json::parse(R"([{"pointer":"","detail":"not \"so\""}])"));
    CHECK_FALSE(errors(Problem(409, "c", "d")));
}

TEST_CASE("violations are added except where reading found a mismatch") {
    Violations violations;
    CHECK(violations.empty());
    violations.found_by_reading({{"/a", "is required"}});
    violations.add("/a", "is no date");
    violations.add("/b", "first");
    violations.add("/b", "second");
    REQUIRE(violations.all().size() == 3);
    CHECK(violations.all()[0].detail == "is required");
    CHECK(violations.all()[1].detail == "first");
    CHECK(violations.all()[2].detail == "second");
}

TEST_CASE("no violation is added below a mismatch") {
    Violations violations;
    violations.found_by_reading({{"/lines/1", "expected an object"}});
    violations.add("/lines/1/price", "is negative");
    violations.add("/lines/10", "is too much");
    REQUIRE(violations.all().size() == 2);
    CHECK(violations.all()[1].pointer == "/lines/10");

    Violations whole;
    whole.found_by_reading({{"", "expected an object"}});
    whole.add("/a", "is no date");
    CHECK(whole.all().size() == 1);
}

TEST_CASE("at most 100 errors are listed, with more_errors if there are more") {
    Violations violations;
    for (int i = 0; i < 100; ++i) violations.add("/" + std::to_string(i), "is wrong");
    const auto all = Problem(422, "c", "d").with_errors(violations.all()).response("urn:x");
    auto document = boost::json::parse(std::get<std::string>(all.body));
    CHECK(document.at("errors").as_array().size() == 100);
    CHECK(!document.as_object().contains("more_errors"));

    for (int i = 100; i < 100'000; ++i) violations.add("/" + std::to_string(i), "is wrong");
    const auto more = Problem(422, "c", "d").with_errors(violations.all()).response("urn:x");
    document = boost::json::parse(std::get<std::string>(more.body));
    CHECK(document.at("errors").as_array().size() == 100);
    CHECK(document.at("more_errors") == true);
}

TEST_CASE("an error below a very long key names an enclosing value") {
    Violations violations;
    violations.add("/a/" + std::string(100'000, 'k') + "/0", "is wrong");
    REQUIRE(violations.all().size() == 1);
    CHECK(violations.all()[0].pointer == "/a");
    CHECK(violations.all()[0].detail == "below here: is wrong");
}
