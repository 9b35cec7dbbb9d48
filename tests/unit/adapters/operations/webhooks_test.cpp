#include "operator_api.hpp"

#include <asyncjobs/webhooks/webhooks.hpp>

using namespace operator_test;

namespace {

/// An API whose owner `bob` has the endpoint `main`.
struct WebhookApi {
    explicit WebhookApi(operations::Options options = {})
        : api(with_webhooks(std::move(options)), std::make_unique<ForwardingJobStore>(memory)) {
        secret = webhooks
                     .set_endpoint(
                         "bob", {.name = "main", .url = "https://hooks.example.com/token-7?key=8"})
                     .secrets.front()
                     .text;
    }

    operations::Options with_webhooks(operations::Options options) {
        options.webhooks = operations::webhooks_of(webhooks);
        return options;
    }
    http::Response change(const std::string& what, const std::string& owner,
                          const std::string& reason = {}) {
        return api.post("/webhooks/" + what, R"({"owner": ")" + owner +
                                                 R"(", "name": "main", "reason": ")" + reason +
                                                 R"("})");
    }
    boost::json::value listed() {
        return document(api.get("/webhooks?owner=bob")).at("webhooks").at(0);
    }

    MemoryJobStore memory;
    Webhooks webhooks{memory};
    OperatorApi api;
    std::string secret;
};

} // namespace

TEST_CASE("operators see an owner's endpoints without their secrets") {
    WebhookApi api;
    const auto response = api.api.get("/webhooks?owner=bob");
    CHECK(std::get<std::string>(response.body).find(api.secret) == std::string::npos);
    const auto endpoint = api.listed();
    CHECK(endpoint.at("name") == "main");
    CHECK(endpoint.at("enabled") == true);
    CHECK(endpoint.at("events") ==
          boost::json::parse(R"(["job.completed", "job.failed", "job.cancelled"])"));
    CHECK(document(api.api.get("/webhooks?owner=eve")).at("webhooks").as_array().empty());
    CHECK(api.api.get("/webhooks").status == 400);
}

TEST_CASE("the path of an endpoint, which may hold a token, is shown with the right to payloads") {
    WebhookApi api;
    CHECK(api.listed().at("url") == "https://hooks.example.com/token-7?key=8");
    api.api.rights = operations::viewer;
    CHECK(api.listed().at("host") == "https://hooks.example.com");
    CHECK_FALSE(api.listed().as_object().contains("url"));
}

TEST_CASE("operators disable and enable an endpoint") {
    WebhookApi api;
    CHECK(document(api.change("disable", "bob", "floods us")).at("outcome") == "disabled");
    CHECK(api.webhooks.endpoints("bob")[0].disabled == "floods us");
    CHECK(api.listed().at("enabled") == false);
    CHECK(api.listed().at("disabled_because") == "floods us");
    const auto entry = document(api.api.get("/audit")).at("entries").at(0);
    CHECK(entry.at("action") == "disable_webhook");
    CHECK(entry.at("target") == "main of bob");
    CHECK(entry.at("reason") == "floods us");
    CHECK(document(api.change("enable", "bob")).at("outcome") == "enabled");
    CHECK(api.listed().at("enabled") == true);
    CHECK(document(api.change("disable", "bob")).at("outcome") == "disabled");
    CHECK(api.listed().at("disabled_because") == "by an operator");
    CHECK(api.change("disable", "bob", std::string(999, 'x')).status == 200);
    CHECK(api.listed().at("disabled_because").as_string().starts_with("xxx"));
}

TEST_CASE("a change of an unknown endpoint is not found") {
    WebhookApi api;
    CHECK(api.change("disable", "eve").status == 404);
    CHECK(api.change("enable", "eve").status == 404);
    CHECK(api.api.post("/webhooks/enable", R"({"name": "main"})").status == 422);
    CHECK(document(api.api.get("/audit")).at("entries").as_array().empty());
}

TEST_CASE("endpoints do not exist for an operator who does not see the queue of their records") {
    WebhookApi api({.visible = [](const http::Principal&, std::string_view queue,
                                  std::string_view) { return queue == "default"; }});
    CHECK(document(api.api.get("/webhooks?owner=bob")).at("webhooks").as_array().empty());
    CHECK(api.change("disable", "bob").status == 404);
    CHECK(api.webhooks.endpoints("bob")[0].disabled.empty());
}

TEST_CASE("an API of a host without webhooks has no routes for them") {
    OperatorApi api;
    CHECK(api.get("/webhooks?owner=bob").status == 404);
}
