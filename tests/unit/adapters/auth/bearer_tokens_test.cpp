#include "bearer_request.hpp"
#include "refusal.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>

#include <doctest/doctest.h>
#include <openssl/sha.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace asyncjobs;
using auth::BearerTokens;

namespace {

BearerTokens::Entry entry(std::string_view token, std::string owner,
                          std::vector<std::string> roles = {}) {
    return {.digest = BearerTokens::digest_of(token),
            .principal = {.owner = std::move(owner), .roles = std::move(roles)}};
}

std::string owner_of(const BearerTokens& tokens, const std::string& token) {
    const auto principal = tokens(bearer_request(token));
    return principal ? principal->owner : "none";
}

/// `sha256sum` of "secret" and of "other".
const std::string secret_digest =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
const std::string other_digest = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";

class TokenFile {
public:
    explicit TokenFile(std::string_view content) { std::ofstream(path) << content; }
    ~TokenFile() { std::filesystem::remove(path); }

    const std::filesystem::path path = "bearer_tokens_test.tokens";
};

} // namespace

TEST_CASE("a token identifies its owner, with the roles of its entry") {
    const BearerTokens tokens({entry("secret", "ada", {"admin", "audit"}), entry("other", "bob")});
    const auto ada = tokens(bearer_request("secret"));
    REQUIRE(ada);
    CHECK(ada->owner == "ada");
    CHECK(ada->roles == std::vector<std::string>{"admin", "audit"});
    CHECK(owner_of(tokens, "other") == "bob");
}

TEST_CASE("an unknown token is refused") {
    const BearerTokens tokens({entry("secret", "ada")});
    for (const char* token : {"Secret", "secre", "secrets", "other", "secret ", "secret x", ""}) {
        CAPTURE(token);
        CHECK(owner_of(tokens, token) == "none");
    }
    CHECK(owner_of(tokens, secret_digest) == "none");
    CHECK(!tokens({}));
    CHECK(!tokens({.headers = {{"Authorization", "Basic secret"}}}));
    CHECK(owner_of(BearerTokens({}), "secret") == "none");
}

TEST_CASE("a token that is too long is refused") {
    const std::string longest(BearerTokens::max_token_size, 'a'), longer = longest + "a";
    BearerTokens::Entry too_long{.principal = {.owner = "bob"}};
    SHA256(reinterpret_cast<const unsigned char*>(longer.data()), longer.size(),
           too_long.digest.data());
    const BearerTokens tokens({entry(longest, "ada"), too_long});
    CHECK(owner_of(tokens, longest) == "ada");
    CHECK(owner_of(tokens, longer) == "none");
    CHECK_THROWS_AS(BearerTokens::digest_of(longer), Error);
}

TEST_CASE("a token that no client could send is refused without showing it") {
    for (const char* token : {"", "top secret", "=", "s\xC3\xA4"}) {
        CAPTURE(token);
        CHECK(refusal_of([&] { BearerTokens::digest_of(token); }) ==
              "a token must be 1-4096 characters of A-Z a-z 0-9 - . _ ~ + /, and = "
              "at its end");
    }
}

TEST_CASE("duplicate digests and invalid principals are refused") {
    using Entries = std::vector<BearerTokens::Entry>;
    const auto same = Entries{entry("a", "ada"), entry("a", "bob")};
    CHECK(refusal_of([&] { BearerTokens tokens(same); }) == "entry 2: duplicate digest");
    CHECK(refusal_of([&] { BearerTokens tokens({entry("a", "")}); }) ==
          "entry 1: the owner must be 1-255 bytes of UTF-8 without control "
          "characters");
    CHECK_THROWS_AS((BearerTokens{Entries{entry("a", "x", {""})}}), Error);
    CHECK_THROWS_AS((BearerTokens{Entries{entry("a", "x\n")}}), Error);
}

TEST_CASE("a file has one line a token, and comments") {
    const TokenFile file("# tokens\n\n" + secret_digest + " ada admin,audit\n  " + other_digest +
                         "\tbob  \n");
    const BearerTokens tokens(BearerTokens::read(file.path));
    CHECK(tokens(bearer_request("secret"))->roles == std::vector<std::string>{"admin", "audit"});
    CHECK(tokens(bearer_request("other"))->roles.empty());
    CHECK(owner_of(tokens, "other") == "bob");
}

TEST_CASE("an invalid file is refused with its name, the line and the rule") {
    const auto refusal = [](const std::string& content) {
        const TokenFile file(content);
        return refusal_of([&] { BearerTokens::read(file.path); });
    };
    const std::string at = "bearer_tokens_test.tokens:2: ";
    CHECK(refusal("#\n" + secret_digest) == at + "a line must be DIGEST OWNER [ROLE,ROLE...]");
    CHECK(refusal("#\n" + secret_digest + " ada admin audit") ==
          at + "a line must be DIGEST OWNER [ROLE,ROLE...]");
    const std::string hex = at + "the digest must be 64 hexadecimal digits, a-f in lower case";
    CHECK(refusal("#\nsecret ada") == hex);
    CHECK(refusal("#\n" + secret_digest + "0 ada") == hex);
    CHECK(refusal("#\n" + std::string(64, 'F') + " ada") == hex);
    CHECK(refusal(secret_digest + " ada\n" + secret_digest + " bob") == at + "duplicate digest");
    CHECK(refusal("#\n" + secret_digest + " " + std::string(256, 'a')) ==
          at + "the owner must be 1-255 bytes of UTF-8 without control characters");
    CHECK(refusal("") == "accepted");
    CHECK(refusal_of([&] { BearerTokens::read("no/such/file"); }) == "no/such/file: can't be read");
    CHECK_THROWS_AS(BearerTokens::read("."), Error);
}

TEST_CASE("replaced tokens are refused, by copies, too") {
    BearerTokens tokens({entry("old", "ada")});
    const BearerTokens copy = tokens;
    tokens.replace({entry("new", "ada")});
    CHECK(owner_of(copy, "old") == "none");
    CHECK(owner_of(copy, "new") == "ada");
    CHECK_THROWS_AS(tokens.replace({entry("x", "")}), Error);
    CHECK(owner_of(tokens, "new") == "ada");
}

TEST_CASE("tokens may be replaced during lookups") {
    BearerTokens tokens({entry("stays", "ada")});
    std::atomic<bool> done = false;
    std::thread replacing([&] {
        for (int i = 0; i < 200; ++i)
            tokens.replace({entry("t" + std::to_string(i), "bob"), entry("stays", "ada")});
        done = true;
    });
    int lost = 0;
    do lost += owner_of(tokens, "stays") != "ada";
    while (!done);
    replacing.join();
    CHECK(lost == 0);
}
