#include <asyncjobs/http/bearer_token.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs::http;

namespace {

std::string token_of(std::initializer_list<Headers::Field> fields) {
    const Request request{.headers = fields};
    return std::string(bearer_token(request).value_or("none"));
}

} // namespace

TEST_CASE("a bearer token follows the scheme, whose case does not matter") {
    CHECK(token_of({{"Authorization", "Bearer abc-._~+/09=="}}) == "abc-._~+/09==");
    CHECK(token_of({{"authorization", "bEARER x"}}) == "x");
    CHECK(token_of({{"Authorization", "Bearer   x"}}) == "x");
}

TEST_CASE("another form of Authorization has no bearer token") {
    for (const char* value :
         {"", "Bearer", "Bearer ", "Bearer  ", "Bearerx", "Bearer\tx", "Basic YTpi", "x",
          "Bearer =", "Bearer a b", "Bearer a,b", "Bearer a=b", "Bearer \"a\"",
          "Bearer a, Bearer b", "Bearer \xC3\xA4"}) {
        CAPTURE(value);
        CHECK(token_of({{"Authorization", value}}) == "none");
    }
    CHECK(token_of({}) == "none");
}

TEST_CASE("two Authorization fields are ignored even if they are equal") {
    CHECK(token_of({{"Authorization", "Bearer a"}, {"Authorization", "Bearer a"}}) == "none");
    CHECK(token_of({{"Authorization", "Bearer a"}, {"authorization", "Basic YTpi"}}) == "none");
}
