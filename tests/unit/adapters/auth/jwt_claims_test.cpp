#include "jwt_claims.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs;
using auth::JwtOptions;

namespace {

constexpr Timestamp now{std::chrono::seconds{1000}};

JwtOptions options() {
    return {.issuer = "https://id.example.org", .audience = "jobs", .leeway = Duration{0}};
}

std::optional<http::Principal> principal_of(std::string_view claims, const JwtOptions& wanted) {
    return auth::principal_of(boost::json::parse(claims).as_object(), wanted, now);
}

/// Adds the required members.
std::string with_members(const std::string& members) {
    return R"({"iss":"https://id.example.org","aud":"jobs","sub":"ada","exp":1001)" + members + "}";
}

bool accepts(const std::string& claims, const JwtOptions& wanted = options()) {
    return principal_of(claims, wanted).has_value();
}

} // namespace

TEST_CASE("a valid token names its owner") {
    const auto principal = principal_of(with_members(""), options());
    REQUIRE(principal);
    CHECK(principal->owner == "ada");
    CHECK(principal->roles.empty());
}

TEST_CASE("the issuer must be that of the options") {
    const std::string rest = R"("aud":"jobs","sub":"ada","exp":1001})";
    CHECK(!accepts("{" + rest));
    CHECK(!accepts(R"({"iss":"https://id.example.org/",)" + rest));
    CHECK(!accepts(R"({"iss":["https://id.example.org"],)" + rest));
    CHECK(accepts("{" + rest, {.any_issuer = true, .audience = "jobs"}));
}

TEST_CASE("the audience must be or contain that of the options") {
    const std::string rest = R"("iss":"https://id.example.org","sub":"ada","exp":1001})";
    CHECK(accepts(R"({"aud":["mails","jobs"],)" + rest));
    CHECK(!accepts("{" + rest));
    for (const char* audience : {R"("mails")", R"("job")", "[]", R"(["mails"])", "null", "7",
                                 R"([["jobs"]])", R"({"jobs":true})"}) {
        CAPTURE(audience);
        CHECK(!accepts(R"({"aud":)" + std::string(audience) + "," + rest));
    }
    CHECK(accepts("{" + rest, {.issuer = "https://id.example.org", .any_audience = true}));
}

TEST_CASE("a token must have an exp that has not passed") {
    const auto expires = [](const std::string& exp, Duration leeway = {}) {
        auto wanted = options();
        wanted.leeway = leeway;
        return accepts(R"({"iss":"https://id.example.org","aud":"jobs","sub":"ada")" + exp + "}",
                       wanted);
    };
    CHECK(expires(R"(,"exp":1001)"));
    CHECK(expires(R"(,"exp":1000.5)"));
    CHECK(expires(R"(,"exp":18446744073709551615)"));
    CHECK(expires(R"(,"exp":1e300)"));
    CHECK(!expires(R"(,"exp":1000)"));
    CHECK(!expires(R"(,"exp":-1)"));
    CHECK(!expires(""));
    CHECK(!expires(R"(,"exp":"1001")"));
    CHECK(!expires(R"(,"exp":null)"));
    CHECK(expires(R"(,"exp":991)", std::chrono::seconds{10}));
    CHECK(!expires(R"(,"exp":990)", std::chrono::seconds{10}));
}

TEST_CASE("a token is refused before its nbf and its iat") {
    for (const std::string name : {"nbf", "iat"}) {
        CAPTURE(name);
        const auto from = [&](const std::string& time, Duration leeway = {}) {
            auto wanted = options();
            wanted.leeway = leeway;
            return accepts(with_members(",\"" + name + "\":" + time), wanted);
        };
        CHECK(from("1000"));
        CHECK(!from("1001"));
        CHECK(!from("1000.5"));
        CHECK(!from("1e300"));
        CHECK(!from("\"1\""));
        CHECK(from("1010", std::chrono::seconds{10}));
        CHECK(!from("1011", std::chrono::seconds{10}));
    }
}

TEST_CASE("the owner is the configured claim, and must be a valid owner") {
    auto wanted = options();
    wanted.owner_claim = "email";
    CHECK(principal_of(with_members(R"(,"email":"a@example.org")"), wanted)->owner ==
          "a@example.org");
    for (const char* owner : {"7", R"("")", "null", R"(["a"])", R"("a\n")"}) {
        CAPTURE(owner);
        CHECK(!accepts(with_members(R"(,"email":)" + std::string(owner)), wanted));
    }
    CHECK(!accepts(with_members(""), wanted));
}

TEST_CASE("roles are an array of strings, or one string separated by blanks") {
    using Roles = std::vector<std::string>;
    const auto roles = [](const std::string& value) {
        return principal_of(with_members(R"(,"roles":)" + value), options())->roles;
    };
    CHECK(roles(R"(["admin","job reader"])") == Roles{"admin", "job reader"});
    CHECK(roles("[]") == Roles{});
    CHECK(roles(R"("admin audit")") == Roles{"admin", "audit"});
    CHECK(roles(R"(" admin  audit ")") == Roles{"admin", "audit"});
    CHECK(roles(R"("")") == Roles{});
    for (const char* value : {"7", "null", "{}", R"(["admin",7])", R"(["admin",""])"}) {
        CAPTURE(value);
        CHECK(!accepts(with_members(R"(,"roles":)" + std::string(value))));
    }
    auto wanted = options();
    wanted.roles_claim = "scope";
    CHECK(
        principal_of(with_members(R"(,"scope":"jobs:read jobs:write","roles":7)"), wanted)->roles ==
        Roles{"jobs:read", "jobs:write"});
}
