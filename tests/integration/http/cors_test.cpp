#include "served_api.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

const ServedOptions with_cors{.api = {.cors_origins = {"https://app.example.org"}}};

std::string origin(std::string_view text) { return "Origin: " + std::string(text) + "\r\n"; }

} // namespace

TEST_CASE("without allowed origins, no CORS field is sent") {
    ServedApi served;
    const auto response = served.ask("GET /v1/jobs", "ann", origin("https://app.example.org"));
    CHECK(response.header("Access-Control-Allow-Origin").empty());
    CHECK(response.header("Vary").empty());
}

TEST_CASE("scripts of an allowed origin may read responses, their fields and refusals") {
    ServedApi served(with_cors);
    for (const std::string_view line : {"GET /v1/jobs", "GET /v1/nothing", "PUT /v1/jobs"}) {
        const auto response = served.ask(line, "ann", origin("https://app.example.org"));
        CHECK(response.header("Access-Control-Allow-Origin") == "https://app.example.org");
        CHECK(response.header("Access-Control-Expose-Headers").find("Location") !=
              std::string::npos);
        CHECK(response.header("Access-Control-Allow-Credentials").empty());
        CHECK(response.header("Vary").find("Origin") != std::string::npos);
    }
}

TEST_CASE("a similar origin is not allowed, and responses vary by origin") {
    ServedApi served(with_cors);
    for (const std::string_view other : {"http://app.example.org", "https://app.example.org:444",
                                         "https://app.example.org.evil.net", "https://evil.net",
                                         "null", "HTTPS://APP.EXAMPLE.ORG"}) {
        CAPTURE(other);
        const auto response = served.ask("GET /v1/jobs", "ann", origin(other));
        CHECK(response.header("Access-Control-Allow-Origin").empty());
        CHECK(response.header("Vary").find("Origin") != std::string::npos);
    }
}

TEST_CASE("a preflight request gets the allowed methods and fields, without credentials") {
    ServedApi served(with_cors);
    const auto ask = [&](std::string_view from) {
        return served.ask("OPTIONS /v1/notes", "",
                          origin(from) + "Access-Control-Request-Method: POST\r\n");
    };
    const auto allowed = ask("https://app.example.org");
    CHECK(allowed.status == 204);
    CHECK(allowed.header("Access-Control-Allow-Methods").find("POST") != std::string::npos);
    CHECK(allowed.header("Access-Control-Allow-Headers").find("Idempotency-Key") !=
          std::string::npos);
    CHECK(ask("https://evil.net").header("Access-Control-Allow-Methods").empty());
}

TEST_CASE("scripts may request parts of a file, and read its name") {
    ServedApi served(with_cors);
    const auto allowed =
        served
            .ask("OPTIONS /v1/notes", "",
                 origin("https://app.example.org") + "Access-Control-Request-Method: GET\r\n")
            .header("Access-Control-Allow-Headers");
    CHECK(allowed.find("Range") != std::string::npos);
    const auto exposed = served.ask("GET /v1/jobs", "ann", origin("https://app.example.org"))
                             .header("Access-Control-Expose-Headers");
    for (const auto* name : {"Content-Disposition", "Content-Range", "Accept-Ranges"})
        CHECK(exposed.find(name) != std::string::npos);
}

TEST_CASE("cookies are allowed only by the option") {
    auto options = with_cors;
    options.api.cors_credentials = true;
    ServedApi served(options);
    CHECK(served.ask("GET /v1/jobs", "ann", origin("https://app.example.org"))
              .header("Access-Control-Allow-Credentials") == "true");
}

TEST_CASE("an invalid origin is refused when the API is constructed") {
    MemoryJobStore store;
    Client client(store);
    for (const std::string bad : {"*", "app.example.org", "https://app.example.org/", "https://"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(http::JobApi(client, {.allow_anonymous = true, .cors_origins = {bad}}),
                        Error);
    }
}

TEST_CASE("an unsafe request that a browser marks as cross-site is refused") {
    ServedApi served({.api = {.cors_origins = {"https://app.example.org"}}});
    const auto id = served.submit("ann");
    const auto cancel = [&](std::string_view fields) {
        return served.ask("POST " + path_of(id, "/cancel"), "ann", fields);
    };
    for (const std::string fields :
         {"Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n",
          "Sec-Fetch-Site: same-site\r\nOrigin: https://other.example.org\r\n",
          "Sec-Fetch-Site: cross-site\r\nOrigin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"}) {
        CAPTURE(fields);
        const auto refused = cancel(fields);
        CHECK(refused.status == 403);
        CHECK(text_at(json_of(refused), "code") == "foreign_origin");
        CHECK(served.ask("GET " + path_of(id), "ann", fields).status == 200);
    }
    CHECK(served.client.find(id)->status == JobStatus::pending);
    CHECK(cancel("Sec-Fetch-Site: cross-site\r\nOrigin: https://app.example.org\r\n").status ==
          200);
    CHECK(cancel("Sec-Fetch-Site: same-origin\r\n").status == 200);
    CHECK(cancel("Sec-Fetch-Site: none\r\n").status == 200);
}
