#include "proxy.hpp"

#include <asyncjobs/files/local_file_store.hpp>
#include <asyncjobs/webhooks/routes.hpp>

#include <doctest/doctest.h>

#include <boost/json/serialize.hpp>

using namespace asyncjobs;

namespace {

constexpr std::string_view json_type = "Content-Type: application/json\r\n";

/// The proxy strips `/api`, and the API knows that by its base URL; or it does not, and the API's
/// prefix begins with it.
http::ApiOptions under_api(bool stripped) {
    if (stripped) return {.prefix = "/v1", .public_base_url = "/api"};
    return {.prefix = "/api/v1"};
}

/// An API with files and webhooks, at `/api/v1` of a proxy.
template <typename Kind>
class MountedApi {
public:
    explicit MountedApi(bool stripped) : served_({.api = under_api(stripped)}) {
        served_.api.route("GET", "/files/{key}",
                          [this](const http::Call& call) { return send_file(call); },
                          {.authenticate = false});
        webhooks::add_routes(served_.api, webhooks_);
        served_.server.start();
        proxy_.emplace(Upstream{served_.server.port()}, Mount{"/api/", stripped});
    }

    RawResponse ask(const std::string& line, std::string_view fields = {},
                    std::string_view body = {}) const {
        return proxy_->connect().ask(ServedApi::request(line, "ann", fields, body));
    }
    RawResponse post(const std::string& path, std::string_view body = "{}") const {
        return ask("POST " + path, json_type, body);
    }
    RawClient connect() const { return proxy_->connect(); }
    ServedApi& served() { return served_; }

    /// The path of the accepted job.
    std::string submit() const {
        const auto accepted = post("/api/v1/notes");
        REQUIRE(accepted.status == 202);
        const auto path = accepted.header("Location");
        CHECK(text_at(json_of(accepted), "status_url") == path);
        return path;
    }

    /// Completes the only job with a file of this key and content.
    void complete_with_file(const std::string& key, std::string_view content) {
        files_.upload(key, with_content(work_ / "file", content), {});
        const auto url = files_.url(key, files_time_ + std::chrono::hours{1});
        served_.complete(boost::json::serialize(boost::json::object{{"file_url", url}}));
    }

private:
    http::Response send_file(const http::Call& call) const {
        const auto file = files_.open(*call.path.find("key"), *call.query.single("expires"),
                                      *call.query.single("signature"));
        if (file.outcome != files::LinkedFile::Outcome::found)
            throw http::Problem(410, "expired", "no such link");
        return http::file_response(
            call.request, {.path = file.path.string(), .content_type = file.info.content_type});
    }

    const Timestamp files_time_ = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    const ScratchDirectory folder_, work_;
    files::LocalFileStore files_{
        {.directory = folder_.path(), .base_url = "/api/v1/files/", .secrets = {{}}}};
    ServedApi served_;
    Webhooks webhooks_{served_.store};
    std::optional<Kind> proxy_;
};

} // namespace

TEST_CASE_TEMPLATE("every link of a job works under a sub-path that a proxy strips or keeps", Kind,
                   Nginx, Haproxy, Apache) {
    for (const bool stripped : {true, false}) {
        CAPTURE(stripped);
        MountedApi<Kind> host(stripped);
        const auto path = host.submit();
        CHECK(path.starts_with("/api/v1/jobs/"));
        CHECK(json_of(host.ask("GET " + path)).at("status") == "pending");
        const auto listed = json_of(host.ask("GET /api/v1/jobs")).at("jobs").at(0);
        CHECK(text_at(listed, "status_url") == path);

        host.served().complete("42");
        const auto job = json_of(host.ask("GET " + path));
        CHECK(host.ask("GET " + text_at(job, "result_url")).body == "42");

        const auto failed = host.submit();
        host.served().fail({.code = "E1"});
        const auto retried = host.post(failed + "/retry");
        CHECK(retried.status == 202);
        CHECK(retried.header("Location") == failed);
    }
}

TEST_CASE_TEMPLATE("a file of any key is downloaded by its link under a sub-path", Kind, Nginx,
                   Haproxy, Apache) {
    for (const bool stripped : {true, false}) {
        MountedApi<Kind> host(stripped);
        for (const std::string key :
             {"job-1/sales report.pdf", "تقرير/المبيعات.pdf", "a/b/c/...", ".hidden/x",
              "percent%2Fx", "a+b?c#d;e&f=g'(\"<>[]{}|\\^`)!*~$,:@"}) {
            CAPTURE(stripped);
            CAPTURE(key);
            const auto path = host.submit();
            host.complete_with_file(key, "the content");
            const auto job = json_of(host.ask("GET " + path));
            const auto url = text_at(job.at("result"), "file_url");
            CHECK(host.ask("GET " + url).body == "the content");
            const auto redirect = host.ask("GET " + text_at(job, "result_url"));
            CHECK(redirect.status == 303);
            CHECK(redirect.header("Location") == url);
        }
    }
}

TEST_CASE_TEMPLATE("events and webhook endpoints work under a sub-path", Kind, Nginx, Haproxy,
                   Apache) {
    for (const bool stripped : {true, false}) {
        CAPTURE(stripped);
        MountedApi<Kind> host(stripped);
        const auto path = host.submit();
        host.served().complete();
        auto client = host.connect();
        client.send(ServedApi::request("GET " + path + "/events", "ann"));
        CHECK(client.receive_head().status == 200);
        std::string events;
        for (std::string chunk; !(chunk = client.receive_chunk()).empty();) events += chunk;
        CHECK(events.find("\"result_url\":\"" + path + "/result\"") != std::string::npos);

        const std::string endpoint = "/api/v1/webhooks/crm:main_1.0-x";
        CHECK(host.ask("PUT " + endpoint, json_type, R"({"url": "https://example.org/"})").status ==
              201);
        CHECK(text_at(json_of(host.ask("GET " + endpoint)), "name") == "crm:main_1.0-x");
        CHECK(host.post(endpoint + "/rotate-secret").status == 200);
        CHECK(host.ask("DELETE " + endpoint).status == 204);
        for (const std::string name : {"a%2Fb", "%2e%2E"})
            CHECK(host.ask("PUT /api/v1/webhooks/" + name, json_type,
                           R"({"url": "https://example.org/"})")
                          .status /
                      100 ==
                  4);
    }
}

TEST_CASE_TEMPLATE("the description names the sub-path that a proxy strips", Kind, Nginx, Haproxy,
                   Apache) {
    MountedApi<Kind> host(true);
    const auto description = json_of(host.ask("GET /api/openapi.json"));
    const auto base = text_at(description.at("servers").at(0), "url");
    CHECK(base == "/api");
    REQUIRE(description.at("paths").as_object().contains("/v1/jobs"));
    CHECK(host.ask("GET " + base + "/v1/jobs").status == 200);
}
