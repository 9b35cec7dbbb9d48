#include "openapi/description.hpp"

#include <asyncjobs/error.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http;
using namespace asyncjobs::http::openapi;

namespace {

Description::Text text_of(const ApiOptions& options) {
    Description description;
    return description.text({options, {}, {}});
}

} // namespace

TEST_CASE("the document is generated once") {
    Description description;
    ApiOptions options;
    const GenericTypes none;
    const auto* first = &description.text({options, {}, none});
    options.openapi.title = "Another";
    CHECK(&description.text({options, {}, none}) == first);
    CHECK(boost::json::parse(first->document).at("info").at("title") == "Background jobs");
}

TEST_CASE("the ETag changes with the document") {
    CHECK(text_of({}).etag == text_of({}).etag);
    CHECK(text_of({}).etag != text_of({.openapi = {.title = "Another"}}).etag);
}

TEST_CASE("options that no document can contain are refused by name") {
    CHECK_NOTHROW(check(OpenApiOptions{}));
    CHECK_THROWS_WITH_AS(check({.info = JsonText::parse("1")}),
                         R"(openapi.info is "1", but must be a JSON object: invalid argument)",
                         Error);
    CHECK_THROWS_AS(check({.security = JsonText::parse("[]")}), Error);
    for (const auto* name : {"", "a b", "a/b", "a:b"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(check({.security_scheme = name}), Error);
    }
}
