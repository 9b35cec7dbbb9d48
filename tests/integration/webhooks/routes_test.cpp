#include "delivering_host.hpp"

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/webhooks/routes.hpp>

#include <boost/json/parse.hpp>

#include <future>
#include <thread>

namespace {

http::ApiOptions api_options(Webhooks& webhooks) {
    return {.authenticator =
                [](const http::Request& request) {
                    return http::Principal{.owner = request.headers.joined("Authorization")};
                },
            .companion_jobs = webhooks::companion_jobs_of(webhooks),
            .companion_jobs_for_retry = webhooks::companion_jobs_for_retry_of(webhooks)};
}

WebhookOptions inner_network() { return {.allow_http = true, .allow_private_addresses = true}; }

/// An API with the routes, without a server.
struct Api {
    explicit Api(WebhookOptions options = inner_network(), std::size_t max_endpoints = 20)
        : host(std::move(options)) {
        api.submit_route("/reports", {.job = {.type = "report"}});
        webhooks::add_routes(api, host.webhooks, {.max_endpoints = max_endpoints});
    }

    http::Response ask(const std::string& method, const std::string& target,
                       const std::string& body = {}, const std::string& owner = "ann") {
        http::Request request{
            .method = method, .target = target, .headers = {{"Authorization", owner}}};
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        request.body = body;
        std::promise<http::Response> promise;
        api.handle(std::move(request),
                   [&](http::Response response) { promise.set_value(std::move(response)); });
        return promise.get_future().get();
    }

    http::Response put(const std::string& name, const std::string& body) {
        return ask("PUT", "/v1/webhooks/" + name, body);
    }

    DeliveringHost host;
    http::JobApi api{host.client, api_options(host.webhooks)};
};

boost::json::value document(const http::Response& response) {
    return boost::json::parse(std::get<std::string>(response.body));
}

const std::string url = "https://crm.example.com/hooks";
const std::string crm = R"({"url": ")" + url + R"("})";

/// The positions of violations in the document of a request.
std::vector<std::string> pointers(const http::Response& response) {
    REQUIRE(response.status == 422);
    const auto problem = document(response);
    std::vector<std::string> all;
    for (const auto& error : problem.at("errors").as_array())
        all.emplace_back(error.at("pointer").as_string());
    std::ranges::sort(all);
    return all;
}

} // namespace

TEST_CASE("an owner creates an endpoint over HTTP and gets its secret once") {
    Api api;
    const auto made = api.put("crm", crm);
    CHECK(made.status == 201);
    CHECK(made.headers.joined("Cache-Control") == "no-store");
    const auto endpoint = document(made).as_object();
    CHECK(endpoint.at("name") == "crm");
    CHECK(endpoint.at("url").as_string() == url);
    CHECK(endpoint.at("enabled") == true);
    CHECK(endpoint.at("events") ==
          boost::json::parse(R"(["job.completed", "job.failed", "job.cancelled"])"));
    const auto kept = api.host.webhooks.endpoints("ann");
    REQUIRE(kept.size() == 1);
    CHECK(endpoint.at("secret").as_string() == kept.front().secrets.front().text);

    CHECK(api.put("crm", crm).status == 200);
    for (const auto& later :
         {api.put("crm", crm), api.ask("GET", "/v1/webhooks/crm"), api.ask("GET", "/v1/webhooks")})
        CHECK(std::get<std::string>(later.body).find("whsec_") == std::string::npos);
}

TEST_CASE("an owner reads, changes and deletes only its own endpoints") {
    Api api;
    api.put("crm", crm);
    const auto list = [&](const std::string& owner) {
        return document(api.ask("GET", "/v1/webhooks", {}, owner)).at("endpoints").as_array();
    };
    CHECK(list("ann").size() == 1);
    CHECK(list("bob").empty());
    CHECK(api.ask("GET", "/v1/webhooks/crm", {}, "bob").status == 404);
    CHECK(api.ask("DELETE", "/v1/webhooks/crm", {}, "bob").status == 404);
    CHECK(api.ask("POST", "/v1/webhooks/crm/rotate-secret", {}, "bob").status == 404);
    CHECK(api.ask("DELETE", "/v1/webhooks/crm").status == 204);
    CHECK(api.ask("GET", "/v1/webhooks/crm").status == 404);
    CHECK(list("ann").empty());
}

TEST_CASE("an endpoint gets subscribed events, and none while it is disabled") {
    Api api;
    const auto events = [&](const std::string& body) {
        return document(api.put("crm", body)).at("events").as_array();
    };
    CHECK(events(R"({"url": ")" + url + R"(", "events": ["job.failed"]})") ==
          boost::json::parse(R"(["job.failed"])").as_array());
    CHECK(events(R"({"url": ")" + url + R"(", "events": []})").empty());

    const auto put = [&](const std::string& enabled) {
        return document(api.put("crm", R"({"url": ")" + url + R"(", "enabled": )" + enabled + '}'))
            .as_object();
    };
    auto endpoint = put("false");
    CHECK(endpoint.at("enabled") == false);
    CHECK(endpoint.at("disabled_because") == "by its owner");
    CHECK(!api.host.webhooks.endpoints("ann").front().disabled.empty());
    CHECK(document(api.put("crm", crm)).at("enabled") == false); // `crm` does not mention it
    endpoint = put("true");
    CHECK(endpoint.at("enabled") == true);
    CHECK(!endpoint.contains("disabled_because"));
    CHECK(api.host.webhooks.endpoints("ann").front().disabled.empty());
}

TEST_CASE("rotating returns the new secret, and the old one signs for a time") {
    Api api;
    const auto first = document(api.put("crm", crm)).at("secret");
    const auto rotated = api.ask("POST", "/v1/webhooks/crm/rotate-secret");
    CHECK(rotated.status == 200);
    CHECK(rotated.headers.joined("Cache-Control") == "no-store");
    const auto secrets = api.host.webhooks.endpoints("ann").front().secrets;
    REQUIRE(secrets.size() == 2);
    CHECK(document(rotated).at("secret").as_string() == secrets[0].text);
    CHECK(first.as_string() == secrets[1].text);
    CHECK(api.ask("POST", "/v1/webhooks/other/rotate-secret").status == 404);
}

TEST_CASE("an invalid endpoint is refused with the position of each fault") {
    Api api(WebhookOptions{});
    using Places = std::vector<std::string>;
    CHECK(pointers(api.put("crm", "{}")) == Places{"/url"});
    CHECK(pointers(api.put("crm", R"({"url": 1, "color": "red"})")) == Places{"/color", "/url"});
    CHECK(pointers(api.put("crm", R"({"url": "http://crm.example.com/"})")) == Places{"/url"});
    CHECK(pointers(api.put("crm", R"({"url": "https://ann@crm.example.com/"})")) == Places{"/url"});
    CHECK(
        pointers(api.put("crm", R"({"url": ")" + url +
                                    R"(", "events": ["job.failed", "job.pending", "failed"]})")) ==
        Places{"/events/1", "/events/2"});
    CHECK(pointers(api.put("crm", R"({"url": "ftp://crm.example.com/", "events": ["none"]})")) ==
          Places{"/events/0", "/url"});
    CHECK(pointers(api.put("crm", R"({"url": ")" + url +
                                      R"(", "events": ["job.failed", "job.failed"]})")) ==
          Places{"/events/1"});
    const auto faults = document(api.put("crm", R"({"url": "ftp://a.example/"})")).at("errors");
    CHECK(faults.at(0).at("detail").as_string() ==
          R"(endpoint.url is "ftp://a.example/", but must begin with https://)");
    CHECK(pointers(api.put("no%20name", crm)) == Places{""});
    CHECK(api.put("crm", "[").status == 400);
    CHECK(api.ask("PUT", "/v1/webhooks/crm").status == 415);
    CHECK(api.host.webhooks.endpoints("ann").empty());
}

TEST_CASE("an owner with the maximum number of endpoints can still change them") {
    Api api(inner_network(), 2);
    CHECK(api.put("a", crm).status == 201);
    CHECK(api.put("b", crm).status == 201);
    CHECK(api.put("c", crm).status == 409);
    CHECK(api.put("b", crm).status == 200);
    CHECK(api.ask("PUT", "/v1/webhooks/a", crm, "bob").status == 201);
    CHECK_THROWS_WITH_AS(webhooks::add_routes(api.api, api.host.webhooks, {.max_endpoints = 0}),
                         doctest::Contains("max_endpoints"), Error);
}

TEST_CASE("a submit over HTTP is reported to the owner's endpoints and its callback") {
    Receiver receiver("localhost", always(204));
    Api api(to_loopback(receiver));
    const auto made = api.put("crm", R"({"url": ")" + receiver.url() + R"("})");
    REQUIRE(made.status == 201);
    const auto callback = receiver.url("localhost", "/once");
    const auto target = "/v1/reports?callback_url=" + callback;
    CHECK(api.ask("POST", target, "{}", "bob").status == 422); // at no host of bob's
    CHECK(api.host.client.list({.owner = "bob"}).jobs.empty());
    REQUIRE(api.ask("POST", target, "{}").status == 202);
    api.host.executor.start();

    std::vector<std::string> targets;
    for (int i = 0; i < 2; ++i) {
        const auto request = receiver.next();
        targets.emplace_back(request.target());
        const std::chrono::sys_seconds at{
            std::chrono::seconds{std::stoll(std::string(request["webhook-timestamp"]))}};
        const std::string secret(document(made).at("secret").as_string());
        CHECK(std::string(request["webhook-signature"]) ==
              webhooks::sign(std::string(request["webhook-id"]), at, request.body(), {&secret, 1}));
    }
    std::ranges::sort(targets);
    CHECK(targets == std::vector<std::string>{"/hooks", "/once"});
}

TEST_CASE("a failed delivery is listed for its owner and can be retried by hand") {
    Receiver receiver(
        "localhost", [refused = std::make_shared<std::atomic<int>>(0)](const Receiver::Request&) {
            return response(refused->fetch_add(1) < 4 ? 500 : 204); // all four attempts
        });
    Api api(to_loopback(receiver));
    REQUIRE(api.put("crm", R"({"url": ")" + receiver.url() + R"("})").status == 201);
    REQUIRE(api.ask("POST", "/v1/reports", "{}").status == 202);
    api.host.executor.start();
    for (int attempt = 0; attempt < 4; ++attempt) receiver.next();
    const auto failed = [&] {
        return document(api.ask("GET", "/v1/jobs?type=asyncjobs.webhook&status=failed"))
            .at("jobs")
            .as_array();
    };
    while (failed().empty()) std::this_thread::yield();
    const std::string id(failed().front().at("job_id").as_string());
    CHECK(api.ask("POST", "/v1/jobs/" + id + "/retry").status == 202);
    CHECK(api.host.finished(JobId::parse(id).value()).status == JobStatus::completed);
}

TEST_CASE("a job that is retried over HTTP is reported again") {
    Receiver receiver("localhost", always(204));
    Api api(to_loopback(receiver));
    REQUIRE(api.put("crm", R"({"url": ")" + receiver.url() + R"("})").status == 201);
    const auto accepted = api.ask("POST", "/v1/reports", "{}");
    REQUIRE(accepted.status == 202);
    const std::string job = "/v1/jobs/" + std::string(document(accepted).at("job_id").as_string());
    REQUIRE(api.ask("POST", job + "/cancel").status == 200);
    api.host.executor.start();
    CHECK(receiver.next().body().starts_with(R"({"type":"job.cancelled",)"));

    CHECK(api.ask("POST", job + "/retry?callback_url=https://else.example/").status == 422);
    CHECK(document(api.ask("GET", job)).at("status") == "cancelled");
    CHECK(api.ask("POST", job + "/retry").status == 202);
    CHECK(receiver.next().body().starts_with(R"({"type":"job.completed",)"));
}

TEST_CASE("a target that can never be reached is refused when it is set") {
    Api api(WebhookOptions{});
    api.put("crm", crm);
    for (const std::string host : {"127.0.0.1",
                                   "10.1.2.3",
                                   "192.168.0.1",
                                   "172.16.0.1",
                                   "169.254.169.254",
                                   "168.63.129.16",
                                   "100.64.0.1",
                                   "0.0.0.0",
                                   "[::1]",
                                   "[::]",
                                   "[fe80::1]",
                                   "[fd00::1]",
                                   "[::ffff:10.0.0.1]",
                                   "[64:ff9b::a00:1]",
                                   "localhost",
                                   "LOCALHOST",
                                   "a.localhost",
                                   "printer.local",
                                   "db.internal",
                                   "host.home.arpa",
                                   "billing",
                                   "crm.example",
                                   "a.test"}) {
        CAPTURE(host);
        const auto target = "https://" + host + "/hook";
        CHECK(pointers(api.put("other", R"({"url": ")" + target + R"("})")) ==
              std::vector<std::string>{"/url"});
        CHECK_THROWS_AS(api.host.webhooks.set_endpoint("ann", {.name = "x", .url = target}), Error);
        CHECK_THROWS_AS(api.host.webhooks.allow_host("ann", host), Error);
        Webhooks(api.host.store, inner_network()) // which may set it
            .set_endpoint("ann", {.name = "lenient", .url = target});
        CHECK_THROWS_WITH_AS(
            Webhooks(api.host.store).submit({.type = "report", .owner = "ann"}, target),
            doctest::Contains("must be public"), Error);
    }
    for (const std::string host : {"example.org", "8.8.8.8", "[2606:4700:4700::1111]",
                                   "localhost.example.org", "mylocal.org", "notinternal.net"}) {
        CAPTURE(host);
        CHECK(api.put("other", R"({"url": "https://)" + host + R"(/"})").status / 100 == 2);
    }
    CHECK(api.host.webhooks.endpoints("ann").size() == 3);
    CHECK_THROWS_AS(Webhooks(api.host.store, WebhookOptions{.ports = {0}}), Error);
}

TEST_CASE("private targets are accepted if they are allowed") {
    Api api;
    for (const std::string host : {"10.1.2.3", "localhost", "db.internal", "billing"})
        CHECK(api.put("crm", R"({"url": "https://)" + host + R"(/"})").status / 100 == 2);
    for (const std::string host : {"nowhere.invalid", "224.0.0.1", "255.255.255.255", "[ff02::1]"})
        CHECK(pointers(api.put("crm", R"({"url": "https://)" + host + R"(/"})")) ==
              std::vector<std::string>{"/url"});
}

TEST_CASE("a delivery between attempts has the last error and the time of the next") {
    Receiver receiver("", always(500));
    auto options = inner_network();
    options.ports = {receiver.port()};
    options.retry_delays = {24h};
    Api api(options);
    api.put("crm", R"({"url": ")" + receiver.url("127.0.0.1") + R"("})");
    CHECK(api.ask("POST", "/v1/reports", "1").status == 202);
    api.host.executor.start();
    const std::string target = "/v1/jobs?type=asyncjobs.webhook";
    const auto delivery = [&] { return document(api.ask("GET", target)).at("jobs").at(0); };
    while (!delivery().as_object().contains("last_error")) std::this_thread::yield();
    const auto shown =
        document(api.ask("GET", std::string(delivery().at("status_url").as_string())));
    CHECK(shown.at("status") == "pending");
    CHECK(shown.at("attempt") == 1);
    CHECK(shown.at("last_error").at("code") == "webhook_refused");
    CHECK(shown.at("last_error").at("message") == "the receiver returned 500");
    CHECK(parse_rfc3339(std::string_view(shown.at("next_attempt_at").as_string())).value() >
          std::chrono::system_clock::now() + 18h);
}
