#include "operator_api.hpp"

using namespace operator_test;

namespace {

constexpr auto own = "https://ops.example.org";

struct Sent {
    http::Headers headers;
    bool is_trusted;
};

} // namespace

TEST_CASE("only the operators' own page and callers with a token change anything") {
    OperatorApi api({.origin = own});
    const std::vector<Sent> all = {
        // A token, which no page of another site knows.
        {{{"Authorization", "Bearer ann"}}, true},
        {{{"Authorization", "Bearer ann"}, {"Sec-Fetch-Site", "same-origin"}}, true},
        // A token and a cookie: the browser may have added the cookie for any page.
        {{{"Authorization", "Bearer ann"}, {"Cookie", "s=1"}}, false},
        {{{"Authorization", "Bearer ann"}, {"Cookie", "s=1"}, {"Origin", own}}, true},
        {{{"Authorization", "Basic YTpi"}}, false},
        // By the browser's own word.
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "same-origin"}}, true},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "same-site"}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "cross-site"}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "none"}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "Same-Origin"}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", ""}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", own}}, false},
        {{{"Cookie", "s=1"}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}},
         false},
        // Older browsers send only their page's origin.
        {{{"Cookie", "s=1"}, {"Origin", own}}, true},
        {{{"Cookie", "s=1"}, {"Origin", "https://evil.example.org"}}, false},
        {{{"Cookie", "s=1"}, {"Origin", "null"}}, false},
        {{{"Cookie", "s=1"}, {"Origin", "https://ops.example.org.evil.example"}}, false},
        {{{"Cookie", "s=1"}, {"Origin", "http://ops.example.org"}}, false},
        {{{"Cookie", "s=1"}, {"Origin", own}, {"Origin", "https://evil.example.org"}}, false},
        {{{"Cookie", "s=1"}, {"Referer", "https://ops.example.org/page"}}, false},
        {{{"Cookie", "s=1"}}, false},
        {{}, false},
    };
    for (const Sent& sent : all) {
        std::string shown;
        for (const auto& field : sent.headers) shown += field.name + ": " + field.value + '\n';
        CAPTURE(shown);
        const auto response = api.ask({.method = "POST",
                                       .target = "/queues/pause",
                                       .body = R"({"queue": "default"})",
                                       .headers = sent.headers});
        CHECK(response.status == (sent.is_trusted ? 200 : 403));
        if (!sent.is_trusted) CHECK(document(response).at("code") == "foreign_origin");
        CHECK(api.memory.workload("default", "report").paused == sent.is_trusted);
        api.client.set_paused("default", false);
    }
}

TEST_CASE("no origin is trusted unless one is configured") {
    OperatorApi api;
    for (const char* origin : {"null", "https://ops.example.org"})
        CHECK(api.ask({.method = "POST",
                       .target = "/queues/pause",
                       .body = R"({"queue": "default"})",
                       .headers = {{"Cookie", "s=1"}, {"Origin", origin}}})
                  .status == 403);
}

TEST_CASE("reading needs no proof of its origin") {
    OperatorApi api;
    CHECK(api.ask({.target = "/overview", .headers = {{"Cookie", "s=1"}}}).status == 200);
}
