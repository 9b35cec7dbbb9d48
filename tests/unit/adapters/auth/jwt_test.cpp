#include "jwt.hpp"

#include "rfc7515.hpp"
#include "signed_token.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs::auth;

namespace {

bool accepts_header(std::string_view header) {
    return split_jwt(signed_token(header, "{}")).has_value();
}

} // namespace

TEST_CASE("a token is split into signed text, claims and signature") {
    const auto jwt = split_jwt(rfc7515::hs256_token);
    REQUIRE(jwt);
    CHECK(jwt->algorithm == "HS256");
    CHECK(jwt->kid.empty());
    CHECK(jwt->claims == rfc7515::claims);
    CHECK(jwt->signature.size() == 32);
    CHECK(std::string(jwt->signed_text) + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" ==
          rfc7515::hs256_token);
}

TEST_CASE("a token without three parts in strict base64url is refused") {
    const auto token = rfc7515::hs256_token;
    const auto without_signature = token.substr(0, token.rfind('.'));
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), without_signature, token + ".",
          token + ".AAAA", token + "=", token + " ", "A" + token, " " + token,
          token.substr(token.find('.'))}) {
        CAPTURE(text);
        CHECK(!split_jwt(text));
    }
}

TEST_CASE("a header must be an object without crit, with the typ of an access token") {
    CHECK(accepts_header(R"({"alg":"HS256"})"));
    CHECK(accepts_header(R"({"alg":"HS256","typ":"JWT","kid":"1","x":[]})"));
    CHECK(accepts_header(R"({"alg":"HS256","typ":"at+jwt"})"));
    CHECK(accepts_header(R"({"alg":"HS256","typ":"application/AT+JWT"})"));
    for (const char* header :
         {R"({"alg":"HS256","typ":"dpop+jwt"})", R"({"alg":"HS256","typ":""})",
          R"({"alg":"HS256","typ":7})", R"({"alg":"HS256","crit":["exp"],"exp":1})",
          R"({"alg":"HS256","crit":[]})", R"({"alg":["HS256"]})", R"({"alg":"HS256","kid":1})",
          R"({"alg":"HS256","alg":"HS256"})", R"(["HS256"])",
          R"({"alg":"HS256"} )"
          "x",
          ""}) {
        CAPTURE(header);
        CHECK(!accepts_header(header));
    }
}

TEST_CASE("claims with duplicate members are refused") {
    CHECK(read_object(base64url(R"({"sub":"ada"})"))->at("sub").as_string() == "ada");
    for (const char* text : {"", "1", "[]", R"({"sub":"ada","sub":"bob"})", "{\"a\":\"\xC3\"}",
                             R"({"a":{"b":1,"\u0062":2}})", "{} {}"}) {
        CAPTURE(text);
        CHECK(!read_object(base64url(text)));
    }
    CHECK(!read_object("e30="));
}
