#include "integration/http/served_api.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/auth/jwt_authenticator.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using auth::BearerTokens;

namespace {

const std::string invalid = R"(Bearer error="invalid_token")";

BearerTokens::Entry entry(std::string_view token, std::string owner,
                          std::vector<std::string> roles = {}) {
    return {.digest = BearerTokens::digest_of(token),
            .principal = {.owner = std::move(owner), .roles = std::move(roles)}};
}

/// A route for those with the role admin only.
void add_admin_route(ServedApi& served) {
    served.api.route(
        "GET", "/admin",
        [](const http::Call&) { return http::Response{.status = 204, .headers = {}, .body = {}}; },
        {.permit = [](const http::Principal& principal) { return principal.has_role("admin"); }});
}

} // namespace

TEST_CASE("opaque tokens: 401 for an unknown one, 403 without the role, 200 and 204 with both") {
    BearerTokens tokens({entry("anns-token", "ann"), entry("bobs-token", "bob", {"admin"})});
    ServedApi served({.api = {.authenticator = tokens}});
    add_admin_route(served);
    const auto anns = served.submit("ann");

    CHECK(served.ask("GET " + path_of(anns), "anns-token").status == 200);
    CHECK(served.ask("GET " + path_of(anns), "bobs-token").status == 404);
    CHECK(served.ask("GET /v1/admin", "anns-token").status == 403);
    CHECK(served.ask("GET /v1/admin", "bobs-token").status == 204);

    const auto unknown = served.ask("GET /v1/admin", "another");
    CHECK(unknown.status == 401);
    CHECK(unknown.header("WWW-Authenticate") == invalid);
    CHECK(text_at(json_of(unknown), "code") == "unauthenticated");
    const auto without = served.ask("GET /v1/admin", "");
    CHECK(without.status == 401);
    CHECK(without.header("WWW-Authenticate") == "Bearer");
    CHECK(
        served.ask("GET /v1/admin", "bobs-token", "Authorization: Bearer bobs-token\r\n").status ==
        401);
}

TEST_CASE("a revoked opaque token gets 401 from the next request on") {
    BearerTokens tokens({entry("first", "ann")});
    ServedApi served({.api = {.authenticator = tokens}});
    auto connection = served.connect();
    const auto status = [&](std::string_view token) {
        connection.send(ServedApi::request("GET /v1/jobs", token));
        return connection.receive().status;
    };
    CHECK(status("first") == 200);
    tokens.replace({entry("second", "ann")});
    CHECK(status("first") == 401);
    CHECK(status("second") == 200);
}

TEST_CASE("signed tokens identify their owner and roles") {
    // Signed by HS256, {"iss":"https://id.example.org","aud":"jobs","sub":"ann","exp":4102444800},
    // and the second with "scope":"admin".
    const std::string plain =
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiam9icyI"
        "sInN1YiI6ImFubiIsImV4cCI6NDEwMjQ0NDgwMH0.LgipCPFXPg8CdjeGR69WlncsyEG9pvj_IR-m-8K"
        "G95I";
    const std::string admin =
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiam9icyI"
        "sInN1YiI6ImFubiIsImV4cCI6NDEwMjQ0NDgwMCwic2NvcGUiOiJhZG1pbiJ9.wfZip3CBXFXBeD4Qb5"
        "zIKHH0TxSJlbH4sQ81_IVdvLs";
    ServedApi served({.api = {.authenticator = auth::JwtAuthenticator(
                                  {auth::JwtKey::hs256("a secret of the tests: 32 bytes!")},
                                  {.issuer = "https://id.example.org",
                                   .audience = "jobs",
                                   .roles_claim = "scope"})}});
    add_admin_route(served);
    const auto anns = served.submit("ann"), bobs = served.submit("bob");

    CHECK(served.ask("GET " + path_of(anns), plain).status == 200);
    CHECK(served.ask("GET " + path_of(bobs), plain).status == 404);
    CHECK(served.ask("GET /v1/admin", plain).status == 403);
    CHECK(served.ask("GET /v1/admin", admin).status == 204);
    const auto forged = served.ask("GET /v1/admin", admin + "A");
    CHECK(forged.status == 401);
    CHECK(forged.header("WWW-Authenticate") == invalid);
}
