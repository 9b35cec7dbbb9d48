#include "messages.hpp"

using namespace desync;

namespace {

/// Texts that become a separate line when decoded or stripped of their upper bits.
const std::string line_ends[] = {
    "%0d%0aInjected:%201",    "%0D%0AInjected:1",       "%0aInjected:1",
    "%0dInjected:1",          "%250d%250aInjected:1",   "%E5%98%8A%E5%98%8DInjected:1",
    "%c4%8d%c4%8aInjected:1", "%u000d%u000aInjected:1", "%00%0d%0aInjected:1",
    "\\r\\nInjected:1",       "%e2%80%a8Injected:1",    "%c2%85Injected:1",
};

} // namespace

TEST_CASE("no content of a request becomes a header field of the response") {
    ServedApi served(
        {.api = {.submits_per_owner = 100'000, .cors_origins = {"https://app.example.org"}}});
    const auto ask = [&](const std::string& line, const std::string& fields) {
        CAPTURE(line);
        CAPTURE(fields);
        auto connection = served.connect();
        connection.send(ServedApi::request(line, "ann", fields + "Connection: close\r\n", "1"));
        const auto response = connection.receive();
        CHECK(response.head.find("\nInjected") == std::string::npos);
        CHECK(response.head.find("\rInjected") == std::string::npos);
        CHECK(connection.closed_without_a_word());
        return response.status;
    };
    for (const auto& end : line_ends) {
        for (const std::string target :
             {"/v1/jobs/", "/v1/jobs?cursor=", "/v1/jobs?type=", "/v1/jobs?status=",
              "/v1/jobs?limit=", "/v1/jobs?", "/v1/", "/"})
            CHECK(ask("GET " + target + end, "") >= 200);
        for (const std::string name :
             {"Origin", "Idempotency-Key", "Prefer", "traceparent", "tracestate", "If-None-Match",
              "Accept", "X-Request-Id", "Cookie"})
            for (const std::string before : {"", "wait=1", "\"a", "https://app.example.org"})
                CHECK(ask("POST /v1/notes", "Content-Type: application/json\r\n" + name + ": " +
                                                before + end + "\r\n") >= 200);
        CHECK(ask("GET /v1/jobs/x/events", "Last-Event-ID: 1" + end + "\r\n") == 404);
        CHECK(ask("POST /v1/notes", "Content-Type: application/json" + end + "\r\n") >= 200);
    }
}
