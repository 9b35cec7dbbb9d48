#include "../../thrown.hpp"
#include "delivery.hpp"
#include "minimal_store.hpp"

#include <asyncjobs/testing/harness.hpp>
#include <asyncjobs/webhooks/signature.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <algorithm>

namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;
using webhooks::Delivery;

/// A host that submits, but does not deliver.
struct Host {
    testing::Harness harness;
    Webhooks webhooks = process();

    Webhooks process(WebhookOptions options = {}) {
        return Webhooks(harness.store(), harness.runtime(), std::move(options));
    }
    WebhookEndpoint only_endpoint(const std::string& owner = "ann") {
        const auto endpoints = webhooks.endpoints(owner);
        REQUIRE(endpoints.size() == 1);
        return endpoints.front();
    }
    std::vector<Delivery> deliveries(const NewJob& job, std::optional<std::string> url = {}) {
        std::vector<Delivery> all;
        for (const auto& each : webhooks.deliveries_of(job, std::move(url)))
            all.push_back(json::parse<Delivery>(each.input));
        return all;
    }
    NewJob job(const std::string& owner = "ann") {
        return {.id = harness.client().make_id(), .type = "report", .owner = owner};
    }
};

const WebhookEndpoint crm{.name = "crm", .url = "https://crm.example.com/hooks"};

} // namespace

TEST_CASE("an endpoint is stored, with a secret") {
    Host host;
    const auto set = host.webhooks.set_endpoint("ann", crm);
    const auto kept = host.only_endpoint();
    CHECK(kept.name == "crm");
    CHECK(kept.url == crm.url);
    CHECK(kept.events == crm.events);
    CHECK(kept.disabled.empty());
    REQUIRE(kept.secrets.size() == 1);
    CHECK(kept.secrets.front().text == set.secrets.front().text);
    CHECK(host.process().endpoints("ann").size() == 1);
}

TEST_CASE("endpoints belong to one owner, and are not in its job list") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    CHECK(host.webhooks.endpoints("bob").empty());
    CHECK(host.webhooks.endpoints("").empty());
    CHECK(host.harness.client().list({.owner = "ann"}).jobs.empty());
}

TEST_CASE("setting an endpoint again changes it and keeps its secret") {
    Host host;
    const auto secret = host.webhooks.set_endpoint("ann", crm).secrets.front().text;
    auto changed = crm;
    changed.events = {JobStatus::failed};
    host.webhooks.set_endpoint("ann", changed);
    CHECK(host.only_endpoint().events == changed.events);
    CHECK(host.only_endpoint().secrets.front().text == secret);
    changed.secrets = {{webhooks::make_secret(), {}}};
    host.webhooks.set_endpoint("ann", changed);
    CHECK(host.only_endpoint().secrets.front().text == changed.secrets.front().text);
}

TEST_CASE("a disabled endpoint stays disabled until it is enabled or its URL changes") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.webhooks.disable("ann", "crm", "moved");
    host.webhooks.set_endpoint("ann", crm);
    CHECK(host.only_endpoint().disabled == "moved");
    CHECK(host.deliveries(host.job()).empty());
    host.webhooks.enable("ann", "crm");
    CHECK(host.only_endpoint().disabled.empty());
    CHECK(host.deliveries(host.job()).size() == 1);
    host.webhooks.disable("ann", "crm", "");
    CHECK(host.only_endpoint().disabled == "by hand");
    auto elsewhere = crm;
    elsewhere.url += "/2";
    host.webhooks.set_endpoint("ann", elsewhere);
    CHECK(host.only_endpoint().disabled.empty());
}

TEST_CASE("a removed endpoint leaves nothing in the store") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.webhooks.disable("ann", "crm", "moved");
    CHECK(host.webhooks.remove_endpoint("ann", "crm"));
    CHECK(host.webhooks.endpoints("ann").empty());
    CHECK(host.harness.client().list({}).jobs.empty());
    CHECK_FALSE(host.webhooks.remove_endpoint("ann", "crm"));
    host.webhooks.set_endpoint("ann", crm);
    CHECK(host.only_endpoint().disabled.empty());
}

TEST_CASE("calls for a missing endpoint throw not_found") {
    Host host;
    for (const auto& owner : {"bob", "ann"}) {
        CHECK(has(refusal(Errc::not_found, [&] { host.webhooks.enable(owner, "crm"); }), "crm"));
        refusal(Errc::not_found, [&] { host.webhooks.disable(owner, "crm", ""); });
        refusal(Errc::not_found, [&] { host.webhooks.rotate_secret(owner, "crm"); });
        if (owner == std::string("bob")) host.webhooks.set_endpoint("carl", crm);
    }
}

TEST_CASE("a rotated secret is kept with the new one for a time") {
    Host host;
    const auto first = host.webhooks.set_endpoint("ann", crm).secrets.front().text;
    const auto second = host.webhooks.rotate_secret("ann", "crm", 1h);
    auto secrets = host.only_endpoint().secrets;
    REQUIRE(secrets.size() == 2);
    CHECK(secrets[0].text == second);
    CHECK(secrets[0].expires_at == std::nullopt);
    CHECK(secrets[1].text == first);
    CHECK(secrets[1].expires_at == host.harness.now() + 1h);

    host.harness.advance(2h);
    const auto third = host.webhooks.rotate_secret("ann", "crm", 0s);
    secrets = host.only_endpoint().secrets;
    REQUIRE(secrets.size() == 1);
    CHECK(secrets[0].text == third);
}

TEST_CASE("a job is submitted with a delivery for each endpoint of its owner") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.webhooks.set_endpoint("ann", {.name = "erp", .url = "https://erp.example.com/"});
    const auto job = host.webhooks.submit({.type = "report", .owner = "ann"}).id;
    const auto deliveries = host.harness.jobs(Delivery::type);
    REQUIRE(deliveries.size() == 2);
    for (const auto& delivery : deliveries) {
        CHECK(delivery.owner == "ann");
        CHECK(delivery.queue == "webhooks");
        CHECK(delivery.blocked_by == 1);
        CHECK(delivery.max_attempts == 10);
        CHECK(delivery.on_parent_failure == OnParentFailure::run);
        CHECK(host.harness.client().list({.needed_by = delivery.id}).jobs.front().id == job);
    }
}

TEST_CASE("an owner without endpoints has no deliveries") {
    Host host;
    host.webhooks.set_endpoint("bob", crm);
    host.webhooks.submit({.type = "report", .owner = "ann"});
    CHECK(host.harness.jobs(Delivery::type).empty());
}

TEST_CASE("a delivery waits for its job, whatever its outcome") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.harness.executor().handle("fails", [](const JsonText&, ProgressReporter&) -> JsonText {
        throw JobFailure("E1").permanent();
    });
    host.harness.executor().handle("works",
                                   [](const JsonText&, ProgressReporter&) { return JsonText(); });
    const auto waiting = [&] {
        return std::ranges::count(host.harness.jobs(Delivery::type), 1, &Job::blocked_by);
    };
    host.webhooks.submit({.type = "fails", .owner = "ann"});
    host.webhooks.submit({.type = "works", .owner = "ann"});
    const auto later = host.webhooks.submit({.type = "works", .owner = "ann", .delay = 1h}).id;
    CHECK(waiting() == 3);
    host.harness.drain();
    CHECK(waiting() == 1);
    host.harness.client().cancel(later);
    host.harness.drain();
    CHECK(waiting() == 0);
    for (const auto& delivery : host.harness.jobs(Delivery::type))
        CHECK(delivery.status == JobStatus::pending);
}

TEST_CASE("a settlement with an old fence notifies no endpoint") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.webhooks.submit({.type = "report", .owner = "ann"});
    auto& store = host.harness.store();
    const std::vector<std::string> queues = {"default"};
    const auto claim = [&] {
        return store
            .claim({.worker = "w",
                    .queues = queues,
                    .limit = 1,
                    .lease_for = std::chrono::seconds{30}})
            .claimed.front()
            .lease;
    };
    const auto completed = [&](const LeaseRef& lease) {
        const std::vector settlements = {Settlement::completed(lease, {})};
        const bool accepted = store.settle(settlements).front().accepted;
        while (!store.promote(10).empty()) {
        }
        return accepted;
    };
    const auto waiting_for = [&] { return host.harness.jobs(Delivery::type).front().blocked_by; };

    const auto old = claim();
    host.harness.advance(1min);
    REQUIRE(store.rescue(1, 3).size() == 1);
    CHECK_FALSE(completed(old));
    CHECK(waiting_for() == 1);
    const auto current = claim();
    CHECK_FALSE(completed(old));
    CHECK(waiting_for() == 1);
    CHECK(completed(current));
    CHECK(waiting_for() == 0);
}

TEST_CASE("a repeated submit has the same deliveries") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    const auto job = host.job();
    CHECK(host.webhooks.submit(job).outcome == Submitted::Outcome::created);
    CHECK(host.webhooks.submit(job).outcome == Submitted::Outcome::id_exists);
    CHECK(host.harness.jobs(Delivery::type).size() == 1);
}

TEST_CASE("deliveries report the holder of a taken unique key unless the job is refused") {
    Host host;
    host.webhooks.allow_host("ann", "a.example.com");
    NewJob job{.type = "report", .owner = "ann", .unique_key = "one"};
    const auto holder = host.webhooks.submit(job).id;
    CHECK(host.webhooks.submit(job, "https://a.example.com/1").id == holder);
    job.on_conflict = OnConflict::refuse;
    CHECK(host.webhooks.submit(job, "https://a.example.com/2").outcome ==
          Submitted::Outcome::key_taken);
    const auto deliveries = host.harness.jobs(Delivery::type);
    REQUIRE(deliveries.size() == 2);
    CHECK(deliveries[0].blocked_by == 1);
    CHECK(deliveries[1].status == JobStatus::cancelled);
}

TEST_CASE("each retry of a job has new deliveries, even if it is repeated") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    auto& client = host.harness.client();
    const auto count = [&] { return host.harness.jobs(Delivery::type).size(); };
    const auto id = host.webhooks.submit({.type = "report", .owner = "ann"}).id;
    CHECK(host.webhooks.retry(id) == RetryOutcome::not_finished);
    CHECK(count() == 1);
    for (const std::size_t restarts : {1U, 2U}) {
        client.cancel(id);
        const auto cancelled = *client.find(id);
        client.submit(
            host.webhooks.deliveries_of_retry(cancelled)); // by a process that then crashes
        CHECK(host.webhooks.retry(id) == RetryOutcome::retried);
        CHECK(count() == 1 + restarts);
    }
    CHECK(host.webhooks.retry(host.harness.client().make_id()) == RetryOutcome::not_found);
    CHECK(count() == 3);
}

TEST_CASE("a retried delivery has no deliveries") {
    Host host;
    host.webhooks.set_endpoint("ann", crm);
    host.webhooks.submit({.type = "report", .owner = "ann"});
    const auto delivery = host.harness.jobs(Delivery::type).front().id;
    host.harness.client().cancel(delivery);
    CHECK(host.webhooks.retry(delivery) == RetryOutcome::retried);
    CHECK(host.harness.jobs(Delivery::type).size() == 1);
}

TEST_CASE("deliveries of a job without an id are refused") {
    Host host;
    CHECK(has(refusal(Errc::invalid_argument, [&] { host.webhooks.deliveries_of({.type = "a"}); }),
              "job.id"));
}

TEST_CASE("a callback must have the host of one of the owner's endpoints") {
    Host host;
    const std::string url = "https://CRM.example.com/callbacks?for=7";
    const auto refused = [&](const NewJob& job, const std::string& to) {
        return refusal(Errc::invalid_argument, [&] { host.deliveries(job, to); });
    };
    CHECK(has(refused(host.job(), url), "callback_url"));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = crm.url, .events = {}});
    CHECK(host.deliveries(host.job(), url) == std::vector<Delivery>{{.callback_url = url}});
    CHECK(has(refused(host.job("bob"), url), "host"));
    CHECK(has(refused(host.job(), "https://example.com/"), "host"));
    CHECK(has(refused(host.job(), "https://crm.example.com.evil.example/"), "host"));
    CHECK(has(refused(host.job(), "http://crm.example.com/"), "https"));
    host.webhooks.disable("ann", "crm", "moved");
    CHECK(has(refused(host.job(), url), "host"));
}

TEST_CASE("a host may be allowed for callbacks only") {
    Host host;
    const auto allowed = host.webhooks.allow_host("ann", "Hooks.example.com");
    CHECK(allowed.events.empty());
    CHECK(allowed.secrets.size() == 1);
    CHECK(host.deliveries(host.job()).empty());
    CHECK(host.deliveries(host.job(), "https://hooks.example.com/a").size() == 1);
    for (const char* bad : {"", "a/b", "a#b", "user@a", "0x7f.1", "a:22"})
        refusal(Errc::invalid_argument, [&] { host.webhooks.allow_host("ann", bad); });
}

TEST_CASE("a change by another process is visible within a second") {
    Host host;
    auto another = host.process();
    CHECK(another.deliveries_of(host.job()).empty());
    host.webhooks.set_endpoint("ann", crm);
    CHECK(host.deliveries(host.job()).size() == 1);
    host.harness.advance(1s);
    CHECK(another.deliveries_of(host.job()).size() == 1);
}

TEST_CASE("an invalid endpoint is refused with the name of the member") {
    Host host;
    const auto refusal_of = [&](const WebhookEndpoint& endpoint) {
        return refusal(Errc::invalid_argument,
                       [&] { host.webhooks.set_endpoint("ann", endpoint); });
    };
    CHECK(has(refusal_of({.name = "a b", .url = crm.url}), "endpoint.name"));
    CHECK(has(refusal_of({.name = "crm", .url = "http://crm.example.com/"}), "endpoint.url"));
    CHECK(has(refusal_of({.name = "crm", .url = crm.url, .events = {JobStatus::pending}}),
              "endpoint.events"));
    CHECK(has(refusal_of({.name = "crm", .url = crm.url, .secrets = {{"short", {}}}}), "secret"));
    CHECK(has(refusal_of({.name = "crm",
                          .url = crm.url,
                          .secrets = std::vector(11, WebhookSecret{webhooks::make_secret(), {}})}),
              "endpoint.secrets"));
    CHECK(has(refusal(Errc::invalid_argument, [&] { host.webhooks.set_endpoint("a\n", crm); }),
              "owner"));
}

TEST_CASE("webhooks refuse a store without dependencies") {
    MinimalStore bare;
    CHECK(has(refusal(Errc::unsupported, [&] { Webhooks(bare, WebhookOptions{}); }),
              "the job store lacks the capability dependencies"));
}

TEST_CASE("invalid options are refused by name") {
    Host host;
    const auto refusal_of = [&](WebhookOptions options) {
        return refusal(Errc::invalid_argument, [&] { host.process(std::move(options)); });
    };
    CHECK(has(refusal_of({.queue = "a b"}), "queue"));
    CHECK(has(refusal_of({.retry_delays = {}}), "retry_delays"));
    CHECK(has(refusal_of({.retry_delays = {-1s}}), "retry_delays[0]"));
    CHECK(has(refusal_of({.timeout = 0s}), "timeout"));
    CHECK(has(refusal_of({.retention = -1s}), "retention"));
    CHECK(has(refusal_of({.ca_file = "no/such/file.pem"}), "ca_file"));
}
