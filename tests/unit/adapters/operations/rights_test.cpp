#include "operator_api.hpp"

#include <set>

using namespace operator_test;

namespace {

/// Parts of a host that do nothing, so that the API has every route.
operations::Options with_all_parts() {
    const auto nothing = [](std::string_view) {};
    return {.schedules = {
                .list = [] { return std::vector<operations::ScheduleView>{{.name = "daily"}}; },
                .pause = nothing,
                .resume = nothing,
                .trigger = [](std::string_view) { return JobId(); }},
            .webhooks = {.list =
                             [](std::string_view) {
                                 return std::vector<operations::WebhookView>{{.name = "main"}};
                             },
                         .enable = [](std::string_view, std::string_view) {},
                         .disable = [](std::string_view, std::string_view, std::string) {}},
            .submit_types = {http::SubmitRoute<>{.job = {.type = "note"}}}};
}

/// A route, the right that it needs, and what a caller with that right gets.
struct Walked {
    Ask ask;
    std::string path; ///< in the description
    Right right;
    unsigned status = 200;
    std::optional<Right> also = {}; ///< another right that it needs
};

std::vector<Walked> all_routes(const std::string& failed, const std::string& pending) {
    const std::string queue = R"({"queue": "default"})";
    const std::string webhook = R"({"owner": "bob", "name": "main"})";
    const std::string schedule = R"({"name": "daily"})";
    return {
        {{"GET", "/me"}, "/me", Right::see},
        {{"GET", "/overview"}, "/overview", Right::see},
        {{"GET", "/live"}, "/live", Right::see},
        {{"GET", "/queues"}, "/queues", Right::see},
        {{"POST", "/queues/pause", queue}, "/queues/pause", Right::pause},
        {{"POST", "/queues/resume", queue}, "/queues/resume", Right::pause},
        {{"GET", "/limits"}, "/limits", Right::see},
        {{"PUT", "/limits", R"({"limit": {"name": "few", "concurrency": 1}})"},
         "/limits",
         Right::limits},
        {{"GET", "/jobs"}, "/jobs", Right::see},
        {{"GET", "/jobs/export"}, "/jobs/export", Right::see},
        {{"GET", "/jobs/" + failed}, "/jobs/{id}", Right::see},
        {{"GET", "/jobs/" + failed + "/events"}, "/jobs/{id}/events", Right::see},
        {{"GET", "/jobs/" + failed + "/payload/input"},
         "/jobs/{id}/payload/{part}",
         Right::see_payloads},
        {{"GET", "/jobs/" + failed + "/why"}, "/jobs/{id}/why", Right::see},
        {{"GET", "/jobs/" + failed + "/graph"}, "/jobs/{id}/graph", Right::see},
        {{"POST", "/jobs/" + pending + "/cancel"}, "/jobs/{id}/cancel", Right::cancel},
        {{"POST", "/jobs/" + failed + "/retry"}, "/jobs/{id}/retry", Right::retry},
        {{"POST", "/jobs/" + pending + "/run-now"}, "/jobs/{id}/run-now", Right::retry, 409},
        {{"DELETE", "/jobs/" + pending}, "/jobs/{id}", Right::remove},
        {{"POST", "/bulk", R"({"action": "retry", "filter": {"type": "none"}})"},
         "/bulk",
         Right::bulk,
         202,
         Right::retry},
        {{"GET", "/bulk"}, "/bulk", Right::bulk},
        {{"GET", "/bulk/" + failed}, "/bulk/{id}", Right::bulk, 404},
        {{"POST", "/bulk/" + failed + "/abort"}, "/bulk/{id}/abort", Right::bulk, 404},
        {{"GET", "/workers"}, "/workers", Right::see},
        {{"POST", "/workers/order", R"({"worker": "none", "quiet": true})"},
         "/workers/order",
         Right::workers,
         404},
        {{"GET", "/history"}, "/history", Right::see},
        {{"GET", "/audit"}, "/audit", Right::audit},
        {{"GET", "/problems"}, "/problems", Right::see},
        {{"POST", "/jobs", R"({"type": "note", "input": 1})"}, "/jobs", Right::submit, 202},
        {{"GET", "/webhooks?owner=bob"}, "/webhooks", Right::see},
        {{"POST", "/webhooks/enable", webhook}, "/webhooks/enable", Right::webhooks},
        {{"POST", "/webhooks/disable", webhook}, "/webhooks/disable", Right::webhooks},
        {{"GET", "/schedules"}, "/schedules", Right::see},
        {{"POST", "/schedules/pause", schedule}, "/schedules/pause", Right::schedules},
        {{"POST", "/schedules/resume", schedule}, "/schedules/resume", Right::schedules},
        {{"POST", "/schedules/trigger", schedule}, "/schedules/trigger", Right::schedules},
    };
}

} // namespace

TEST_CASE("each route needs one right, and no other one opens it") {
    OperatorApi api(with_all_parts());
    const JobId failed = api.submit();
    api.fail_next("E1");
    const JobId pending = api.submit();
    for (const Walked& route : all_routes(text(failed), text(pending))) {
        CAPTURE(route.ask.method + ' ' + route.ask.target);
        api.rights = {};
        for (const Right right : operations::all_rights())
            if (right != route.right) api.rights = api.rights.with(right);
        const auto refused = api.ask(route.ask);
        CHECK(refused.status == 403);
        CHECK(document(refused).at("code") == "forbidden");

        api.rights = Rights().with(route.right);
        if (route.also) {
            CHECK(api.ask(route.ask).status == 403);
            api.rights = api.rights.with(*route.also);
        }
        CHECK(api.ask(route.ask).status == route.status);
    }
}

TEST_CASE("the walk over the routes knows every route of operators that is described") {
    OperatorApi api(with_all_parts());
    std::set<std::string> walked, described;
    for (const Walked& route : all_routes("", ""))
        walked.insert(route.ask.method + " /v1/operator" + route.path);
    std::optional<http::Response> description;
    api.api.handle({.method = "GET", .target = "/openapi.json"},
                   [&](http::Response response) { description = std::move(response); });
    REQUIRE(description);
    const auto paths = document(*description).at("paths").as_object();
    for (const auto& path : paths) {
        if (!path.key().starts_with("/v1/operator/")) continue;
        for (const auto& operation : path.value().as_object()) {
            std::string method = operation.key();
            for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
            if (method != "PARAMETERS") described.insert(method + ' ' + std::string(path.key()));
        }
    }
    CHECK(walked == described);
}

TEST_CASE("an operator sees which rights the host grants") {
    OperatorApi api;
    api.rights = operations::viewer;
    const auto me = document(api.get("/me"));
    CHECK(me.at("who") == "ann");
    CHECK(me.at("rights") == boost::json::parse(R"(["see"])"));
}

TEST_CASE("a viewer changes nothing, and an administrator has every right") {
    for (const Right right : operations::all_rights()) {
        CAPTURE(to_string(right));
        CHECK(operations::viewer.has(right) == (right == Right::see));
        CHECK(operations::admin.has(right));
        CHECK_FALSE(operations::admin.without(right).has(right));
    }
}

TEST_CASE("routes for operators refuse options that leave them open") {
    MemoryJobStore store;
    Client client{store};
    http::JobApi api{client, {.allow_anonymous = true, .threads = 0}};
    const auto fault = [&](operations::Options options) {
        try {
            operations::add_routes(api, client, store, std::move(options));
        } catch (const Error& error) {
            return error.message();
        }
        return std::string("none");
    };
    const auto all = [](const http::Principal&) { return operations::admin; };
    CHECK(fault({}) == "rights is empty, but must state what a caller may do");
    CHECK(fault({.rights = all, .origin = "ops.example.org"}) ==
          "origin is \"ops.example.org\", but must be as https://ops.example.org");
    CHECK(fault({.rights = all, .schedules = {.list = [] {
                                    return std::vector<operations::ScheduleView>();
                                }}}) == "schedules must have all functions, or none");
    const http::SubmitRoute<> note{.job = {.type = "note"}}, bad{.job = {.type = "a b"}};
    CHECK(fault({.rights = all, .submit_types = {note, note}}) ==
          "submit_types has the type \"note\": each must be there once");
    CHECK(fault({.rights = all, .submit_types = {bad}})
              .starts_with("submit_types has the type \"a b\": "));
    CHECK(fault({.rights = all, .refresh_every = std::chrono::milliseconds{1}}) ==
          "refresh_every is 1000 us, but must be from 100000 us to 60000000 us");
    CHECK(fault({.rights = all, .bulk_retention = std::chrono::microseconds{-1}}) ==
          "bulk_retention is -1 us, but must be from 0 us to 3153600000000000 us");
    CHECK(fault({.rights = all, .export_limit = 0}) ==
          "export_limit is 0, but must be from 1 to 1000000");
}

TEST_CASE("routes for operators need a store that has what operators ask") {
    struct Plain : ForwardingJobStore {
        using ForwardingJobStore::ForwardingJobStore;
        OperatorStore* operators() noexcept override { return nullptr; }
    };
    MemoryJobStore memory;
    Plain store{memory};
    Client client{store};
    http::JobApi api{client, {.allow_anonymous = true, .threads = 0}};
    CHECK_THROWS_WITH_AS(operations::add_routes(
                             api, client, store,
                             {.rights = [](const http::Principal&) { return operations::admin; }}),
                         doctest::Contains("the routes of operators need a store with operators()"),
                         Error);
}
