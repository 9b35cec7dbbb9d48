#include "bearer_request.hpp"
#include "refusal.hpp"
#include "rfc7515.hpp"
#include "signed_token.hpp"

#include <asyncjobs/auth/jwt_authenticator.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;
using auth::JwtAuthenticator;
using auth::JwtKey;
using auth::JwtOptions;

namespace {

/// For the tokens of RFC 7515, a second before they expire.
JwtOptions joe() {
    return {.issuer = "joe",
            .any_audience = true,
            .leeway = Duration{0},
            .clock = [] { return Timestamp(std::chrono::seconds{1300819379}); },
            .owner_claim = "iss"};
}

std::string owner_of(const JwtAuthenticator& authenticator, const std::string& token) {
    const auto principal = authenticator(bearer_request(token));
    return principal ? principal->owner : "none";
}

const std::string joes_claims = R"({"iss":"joe","exp":1300819380})";

JwtKey key(std::string kid = {}, std::string secret = token_secret) {
    return JwtKey::hs256(std::move(secret), std::move(kid));
}

} // namespace

TEST_CASE("the tokens of RFC 7515 are accepted until they expire") {
    for (const std::string& token :
         {rfc7515::hs256_token, rfc7515::rs256_token, rfc7515::es256_token}) {
        CAPTURE(token);
        auto options = joe();
        CHECK(owner_of({JwtKey::from_jwks(rfc7515::jwks()), options}, token) == "joe");
        options.clock = [] { return Timestamp(std::chrono::seconds{1300819380}); };
        CHECK(owner_of({JwtKey::from_jwks(rfc7515::jwks()), options}, token) == "none");
        options.clock = {};
        CHECK(owner_of({JwtKey::from_jwks(rfc7515::jwks()), options}, token) == "none");
    }
}

TEST_CASE("an unsigned token is refused whatever its algorithm") {
    const JwtAuthenticator authenticator(JwtKey::from_jwks(rfc7515::jwks()), joe());
    CHECK(owner_of(authenticator, rfc7515::unsigned_token) == "none");
    for (const char* algorithm : {"none", "None", "NONE", "", "HS256"}) {
        CAPTURE(algorithm);
        const auto header = base64url(R"({"alg":")" + std::string(algorithm) + R"("})");
        CHECK(owner_of(authenticator, header + '.' + rfc7515::claims + '.') == "none");
    }
}

TEST_CASE("a token signed by HS256 with a public key is refused") {
    const std::string pem = "-----BEGIN PUBLIC KEY-----\n"
                            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
                            "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                            "-----END PUBLIC KEY-----\n";
    const JwtAuthenticator authenticator({JwtKey::es256(pem)}, joe());
    REQUIRE(owner_of(authenticator, rfc7515::es256_token) == "joe");
    for (const char* header : {R"({"alg":"HS256"})", R"({"alg":"ES256"})"}) {
        CAPTURE(header);
        const auto token = signed_token(header, joes_claims, pem);
        CHECK(owner_of(authenticator, token) == "none");
        CHECK(owner_of({{JwtKey::hs256(pem)}, joe()}, token) ==
              (header == std::string(R"({"alg":"HS256"})") ? "joe" : "none"));
    }
}

TEST_CASE("a token with another algorithm than its key is refused despite a valid signature") {
    const JwtAuthenticator authenticator({key()}, joe());
    CHECK(owner_of(authenticator, signed_token(R"({"alg":"HS256"})", joes_claims)) == "joe");
    for (const char* algorithm : {"none", "hs256", "HS384", "RS256", "ES256"}) {
        CAPTURE(algorithm);
        const auto header = R"({"alg":")" + std::string(algorithm) + R"("})";
        CHECK(owner_of(authenticator, signed_token(header, joes_claims)) == "none");
    }
}

TEST_CASE("a token with a kid is verified by that key, or by one without a kid") {
    const std::string a(32, 'a'), b(32, 'b'), c(32, 'c');
    const JwtAuthenticator authenticator({key("a", a), key("b", b), key("", c)}, joe());
    const auto owner = [&](const std::string& header, const std::string& secret) {
        return owner_of(authenticator, signed_token(header, joes_claims, secret));
    };
    const std::string names_a = R"({"alg":"HS256","kid":"a"})", names_none = R"({"alg":"HS256"})",
                      names_x = R"({"alg":"HS256","kid":"x"})";
    CHECK(owner(names_a, a) == "joe");
    CHECK(owner(names_a, b) == "none");
    CHECK(owner(names_a, c) == "joe");
    CHECK(owner(names_x, a) == "none");
    CHECK(owner(names_x, c) == "joe");
    CHECK(owner(names_none, b) == "joe");
    CHECK(owner(names_none, std::string(32, 'd')) == "none");
}

TEST_CASE("claims are not trusted before the signature is verified") {
    const JwtAuthenticator authenticator({key()}, joe());
    const auto token = signed_token(R"({"alg":"HS256"})", joes_claims);
    const auto first = token.find('.'), last = token.rfind('.');
    const auto forged = token.substr(0, first + 1) +
                        base64url(R"({"iss":"joe","exp":1300819380,"roles":["admin"]})") +
                        token.substr(last);
    CHECK(owner_of(authenticator, token) == "joe");
    CHECK(owner_of(authenticator, forged) == "none");
    CHECK(owner_of(authenticator, signed_token(R"({"alg":"HS256"})",
                                               R"({"iss":"joe","iss":"joe","exp":1300819380})")) ==
          "none");
}

TEST_CASE("a token that is too long is refused") {
    auto options = joe();
    options.max_token_size = 256;
    const JwtAuthenticator authenticator({key()}, options);
    const auto token = [](std::size_t padding) {
        return signed_token(R"({"alg":"HS256"})", R"({"iss":"joe","exp":1300819380,"x":")" +
                                                      std::string(padding, 'x') + R"("})");
    };
    std::size_t padding = 0;
    while (token(padding + 1).size() <= options.max_token_size) ++padding;
    CHECK(owner_of(authenticator, token(padding)) == "joe");
    CHECK(owner_of(authenticator, token(padding + 1)) == "none");
}

TEST_CASE("a request without a bearer token is refused") {
    const JwtAuthenticator authenticator({key()}, joe());
    const auto token = signed_token(R"({"alg":"HS256"})", joes_claims);
    CHECK(!authenticator({}));
    CHECK(!authenticator({.headers = {{"Authorization", token}}}));
    CHECK(!authenticator(
        {.headers = {{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}}}));
    CHECK(authenticator({.headers = {{"Authorization", "bearer " + token}}}));
}

TEST_CASE("replaced keys are not used, by copies, too") {
    const std::string old_secret(32, 'o'), new_secret(32, 'n');
    JwtAuthenticator authenticator({key("", old_secret)}, joe());
    const JwtAuthenticator copy = authenticator;
    authenticator.replace_keys({key("", new_secret)});
    CHECK(owner_of(copy, signed_token(R"({"alg":"HS256"})", joes_claims, old_secret)) == "none");
    CHECK(owner_of(copy, signed_token(R"({"alg":"HS256"})", joes_claims, new_secret)) == "joe");
    CHECK(refusal_of([&] { authenticator.replace_keys({}); }) ==
          "the number of keys is 0, but must be from 1 to 100");
}

TEST_CASE("unsafe options are refused by name") {
    const auto refusal = [](JwtOptions options) {
        return refusal_of([&] { JwtAuthenticator({key()}, std::move(options)); });
    };
    CHECK(refusal({.issuer = "joe", .audience = "jobs"}) == "accepted");
    CHECK(refusal({.any_issuer = true, .any_audience = true}) == "accepted");
    CHECK(refusal({.audience = "jobs"}) ==
          R"(issuer is "", but exactly one of issuer and any_issuer must be set)");
    CHECK(refusal({.issuer = "joe"}) ==
          R"(audience is "", but exactly one of audience and any_audience must be set)");
    CHECK(refusal({.issuer = "joe", .audience = "jobs", .any_audience = true}) ==
          R"(audience is "jobs", but exactly one of audience and any_audience must be set)");
    CHECK(refusal({.issuer = "joe", .audience = "jobs", .leeway = std::chrono::minutes{11}}) ==
          "leeway is 660000000 us, but must be from 0 us to 600000000 us");
    CHECK(refusal({.issuer = "joe", .audience = "jobs", .owner_claim = ""}) ==
          R"(owner_claim is "", but must name a claim)");
    CHECK(refusal({.issuer = "joe", .audience = "jobs", .max_token_size = 255}) ==
          "max_token_size is 255, but must be from 256 to 65536");
}
