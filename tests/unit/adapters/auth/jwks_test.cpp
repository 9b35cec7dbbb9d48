#include "refusal.hpp"
#include "rfc7515.hpp"

#include <asyncjobs/auth/jwt_key.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;
using auth::JwtKey;

namespace {

/// The key with `members` before its own.
std::string with(const std::string& members, const std::string& jwk) {
    return "{" + members + "," + jwk.substr(1);
}

std::size_t count(const std::string& keys) {
    return JwtKey::from_jwks(R"({"keys":[)" + rfc7515::es256_jwk + "," + keys + "]}").size() - 1;
}

std::string refusal(const std::string& document) {
    return refusal_of([&] { JwtKey::from_jwks(document); });
}

} // namespace

TEST_CASE("a set's keys keep their order, each with its algorithm") {
    const auto keys = JwtKey::from_jwks(rfc7515::jwks());
    REQUIRE(keys.size() == 3);
    CHECK(keys[0].algorithm() == "HS256");
    CHECK(keys[1].algorithm() == "RS256");
    CHECK(keys[2].algorithm() == "ES256");
}

TEST_CASE("a key keeps its kid") {
    const auto keys =
        JwtKey::from_jwks(R"({"keys":[)" + with(R"("kid":"a")", rfc7515::es256_jwk) + "]}");
    CHECK(keys.at(0).kid() == "a");
}

TEST_CASE("keys for other purposes are skipped") {
    CHECK(count(with(R"("use":"sig","key_ops":["verify"])", rfc7515::rs256_jwk)) == 1);
    CHECK(count(with(R"("use":"enc")", rfc7515::rs256_jwk)) == 0);
    CHECK(count(with(R"("key_ops":["sign"])", rfc7515::rs256_jwk)) == 0);
    CHECK(count(with(R"("alg":"RS512")", rfc7515::rs256_jwk)) == 0);
    CHECK(count(with(R"("alg":"HS256")", rfc7515::rs256_jwk)) == 0);
    CHECK(count(with(R"("alg":"ECDH-ES")", rfc7515::es256_jwk)) == 0);
    CHECK(count(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})") == 0);
    CHECK(count(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})") == 0);
    CHECK(count(R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"})") == 0);
    CHECK(count(R"({"kty":"new"})") == 0);
}

TEST_CASE("an invalid key is named by its position") {
    const auto at_0 = [](const std::string& key) { return refusal(R"({"keys":[)" + key + "]}"); };
    CHECK(at_0("7") == "/keys/0: must be an object");
    CHECK(at_0(R"({"kty":7})") == "/keys/0: kty must be a string");
    CHECK(at_0(R"({"kty":"RSA","e":"AQAB"})") == "/keys/0: n must be base64url");
    CHECK(at_0(R"({"kty":"RSA","n":"AQ==","e":"AQAB"})") == "/keys/0: n must be base64url");
    CHECK(at_0(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})") ==
          "/keys/0: the key must be an RSA key of at least 2048 bits");
    CHECK(at_0(R"({"kty":"oct","alg":"HS256","k":"c2hvcnQ"})") ==
          "/keys/0: the secret of HS256 must have at least 32 bytes");
    // The coordinates exchanged: a point, but none of the curve.
    CHECK(at_0(R"({"kty":"EC","crv":"P-256","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
               R"("x":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})") ==
          "/keys/0: the key must be a point of the curve P-256");
    CHECK(at_0(R"({"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"})") ==
          "/keys/0: the key must be a point of the curve P-256");
}

TEST_CASE("an invalid or empty key set is refused") {
    const std::string no_set = "a JWK set must be an object with an array keys";
    CHECK(refusal("[]") == no_set);
    CHECK(refusal("{}") == no_set);
    CHECK(refusal(R"({"keys":{}})") == no_set);
    CHECK(refusal(rfc7515::es256_jwk) == no_set);
    CHECK(refusal(R"({"keys":[]})") == "the JWK set has no key for RS256, ES256 or HS256");
    CHECK(refusal(R"({"keys":[],"keys":[]})").find("duplicate key") != std::string::npos);
    CHECK(refusal("<html>").starts_with("invalid JWK set: "));
}
