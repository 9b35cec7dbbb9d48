#include "public_key.hpp"
#include "refusal.hpp"
#include "rfc7515.hpp"
#include <asyncjobs/detail/base64url.hpp>

#include <asyncjobs/auth/jwt_key.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>

using namespace asyncjobs;
using auth::JwtKey;

namespace {

bool verifies(const JwtKey& key, const std::string& token) {
    const auto dot = token.rfind('.');
    return key.verifies(token.substr(0, dot),
                        asyncjobs::detail::decode_base64url(token.substr(dot + 1)).value());
}

JwtKey key_of(const std::string& jwk) {
    return JwtKey::from_jwks(R"({"keys":[)" + jwk + "]}").at(0);
}

std::string pem_of(EVP_PKEY* key) {
    BIO* const out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, key);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
}

/// A new key: RSA with its bits, or EC with its curve.
template <typename... Arguments>
std::string new_pem(const char* type, Arguments... arguments) {
    EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, type, arguments...);
    const auto pem = pem_of(key);
    EVP_PKEY_free(key);
    return pem;
}

std::string bytes_at(const std::string& jwk, const char* member) {
    return asyncjobs::detail::decode_base64url(boost::json::parse(jwk).at(member).as_string())
        .value();
}

std::string with_another_byte(std::string token) {
    char& c = token[token.rfind('.') + 5];
    c = c == 'A' ? 'B' : 'A';
    return token;
}

} // namespace

TEST_CASE("each algorithm verifies the example of RFC 7515") {
    CHECK(verifies(key_of(rfc7515::hs256_jwk), rfc7515::hs256_token));
    CHECK(verifies(key_of(rfc7515::rs256_jwk), rfc7515::rs256_token));
    CHECK(verifies(key_of(rfc7515::es256_jwk), rfc7515::es256_token));
}

TEST_CASE("a changed, truncated or extended signature is refused") {
    struct Example {
        const std::string& jwk;
        const std::string& token;
    };
    for (const Example& example : {Example{rfc7515::hs256_jwk, rfc7515::hs256_token},
                                   Example{rfc7515::rs256_jwk, rfc7515::rs256_token},
                                   Example{rfc7515::es256_jwk, rfc7515::es256_token}}) {
        CAPTURE(example.jwk);
        const auto& token = example.token;
        const auto key = key_of(example.jwk);
        const auto dot = token.rfind('.');
        const auto text = token.substr(0, dot);
        const auto signature = asyncjobs::detail::decode_base64url(token.substr(dot + 1)).value();
        CHECK(!verifies(key, with_another_byte(token)));
        CHECK(!key.verifies(text + "x", signature));
        CHECK(!key.verifies(text, signature.substr(1)));
        CHECK(!key.verifies(text, signature.substr(0, signature.size() - 1)));
        CHECK(!key.verifies(text, signature + '\0'));
        CHECK(!key.verifies(text, ""));
        CHECK(!key.verifies(text, std::string(signature.size(), '\0')));
        CHECK(!key.verifies("", signature));
    }
}

TEST_CASE("ES256 accepts the two numbers of a signature, not their DER") {
    const auto key = key_of(rfc7515::es256_jwk);
    const auto dot = rfc7515::es256_token.rfind('.');
    const auto raw =
        asyncjobs::detail::decode_base64url(rfc7515::es256_token.substr(dot + 1)).value();
    // r and s: the first begins with a clear bit, the second with a set one.
    const std::string der = std::string("\x30\x45\x02\x20") + raw.substr(0, 32) +
                            std::string("\x02\x21\0", 3) + raw.substr(32);
    REQUIRE(static_cast<unsigned char>(raw[0]) < 0x80);
    REQUIRE(static_cast<unsigned char>(raw[32]) >= 0x80);
    CHECK(!key.verifies(rfc7515::es256_token.substr(0, dot), der));
}

TEST_CASE("keys are read from PEM as from JWK") {
    CHECK(verifies(JwtKey::rs256(pem_of(auth::rsa_from_numbers(bytes_at(rfc7515::rs256_jwk, "n"),
                                                               bytes_at(rfc7515::rs256_jwk, "e"))
                                            .get())),
                   rfc7515::rs256_token));
    CHECK(verifies(JwtKey::es256(pem_of(auth::p256_from_point(bytes_at(rfc7515::es256_jwk, "x"),
                                                              bytes_at(rfc7515::es256_jwk, "y"))
                                            .get())),
                   rfc7515::es256_token));
}

TEST_CASE("a key has an algorithm and an optional kid") {
    const auto key = JwtKey::es256(new_pem("EC", "P-256"), "2026-11");
    CHECK(key.algorithm() == "ES256");
    CHECK(key.kid() == "2026-11");
    CHECK(JwtKey::rs256(new_pem("RSA", std::size_t{2048})).algorithm() == "RS256");
    CHECK(JwtKey::hs256(std::string(32, 'x')).algorithm() == "HS256");
    CHECK(JwtKey::hs256(std::string(32, 'x')).kid().empty());
}

TEST_CASE("weak keys and keys of another type are refused") {
    const char* rsa_rule = "the key must be an RSA key of at least 2048 bits";
    const char* p256_rule = "the key must be a point of the curve P-256";
    const char* pem_rule = "the key must be a public key in PEM, BEGIN PUBLIC KEY";
    CHECK(refusal_of([&] { JwtKey::hs256(std::string(31, 'x')); }) ==
          "the secret of HS256 must have at least 32 bytes");
    CHECK(refusal_of([&] { JwtKey::rs256(new_pem("RSA", std::size_t{1024})); }) == rsa_rule);
    CHECK(refusal_of([&] { JwtKey::rs256(new_pem("EC", "P-256")); }) == rsa_rule);
    CHECK(refusal_of([&] { JwtKey::es256(new_pem("EC", "P-384")); }) == p256_rule);
    CHECK(refusal_of([&] { JwtKey::es256(new_pem("EC", "secp256k1")); }) == p256_rule);
    CHECK(refusal_of([&] { JwtKey::es256(new_pem("ED25519")); }) == p256_rule);
    CHECK(refusal_of([&] { JwtKey::es256(new_pem("RSA", std::size_t{2048})); }) == p256_rule);
    CHECK(refusal_of([&] { JwtKey::rs256(""); }) == pem_rule);
    CHECK(refusal_of([&] { JwtKey::es256("-----BEGIN PUBLIC KEY-----\nAAAA\n"); }) == pem_rule);
}

TEST_CASE("OpenSSL's error queue is not changed") {
    ERR_clear_error();
    CHECK_THROWS_AS(JwtKey::rs256("no key"), Error);
    CHECK(!verifies(key_of(rfc7515::rs256_jwk), with_another_byte(rfc7515::rs256_token)));
    CHECK(!verifies(key_of(rfc7515::es256_jwk), with_another_byte(rfc7515::es256_token)));
    CHECK(ERR_peek_error() == 0);
}
