#include "delivering_host.hpp"

#include <asyncjobs/json.hpp>

#include <latch>

namespace {

std::string header(const Receiver::Request& request, const std::string& name) {
    return std::string(request[name]);
}

/// The signature that the receiver computes.
std::string signature_of(const Receiver::Request& request,
                         const std::vector<std::string>& secrets) {
    const std::chrono::sys_seconds at{
        std::chrono::seconds{std::stoll(header(request, "webhook-timestamp"))}};
    return webhooks::sign(header(request, "webhook-id"), at, request.body(), secrets);
}

/// One response after the other; the last one repeats.
Receiver::Responder in_sequence(std::vector<std::string> responses) {
    const auto left = std::make_shared<std::vector<std::string>>(std::move(responses));
    return [left](const Receiver::Request&) {
        auto first = left->front();
        if (left->size() > 1) left->erase(left->begin());
        return first;
    };
}

/// A job of ann's has failed, and her endpoint was notified.
struct ReportedFailure {
    ReportedFailure() {
        host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
        host.executor.start();
        const auto id = host.webhooks.submit({.type = "broken", .owner = "ann"}).id;
        first = receiver.next();
        job = host.finished(id);
    }

    Receiver receiver{"localhost", always(200)};
    DeliveringHost host{to_loopback(receiver)};
    Receiver::Request first;
    Job job;
};

} // namespace

TEST_CASE("a receiver is notified over TLS by a signed request") {
    Receiver receiver("localhost", always(204));
    DeliveringHost host(to_loopback(receiver));
    const auto secret =
        host.webhooks
            .set_endpoint("ann", {.name = "crm", .url = receiver.url("localhost", "/a?b=c")})
            .secrets.front()
            .text;
    host.executor.start();
    const auto delivery = host.finished(host.submit());
    CHECK(delivery.status == JobStatus::completed);
    CHECK(delivery.result->text() == R"({"event":"job.completed","http_status":204})");

    const auto request = receiver.next();
    CHECK(request.method_string() == "POST");
    CHECK(request.target() == "/a?b=c");
    CHECK(header(request, "Host") == "localhost:" + std::to_string(receiver.port()));
    CHECK(header(request, "Content-Type") == "application/json");
    CHECK(header(request, "webhook-signature") == signature_of(request, {secret}));
    const auto body = json::to_value(JsonText::parse(request.body()));
    const auto& data = body.at("data");
    const auto job =
        host.client.find(JobId::parse(std::string_view(data.at("job_id").as_string())).value());
    REQUIRE(job);
    CHECK(body.at("type") == "job.completed");
    CHECK(body.at("timestamp").as_string() == to_rfc3339(job->finished_at.value()));
    CHECK(data.at("status") == "completed");
    CHECK(data.at("revision") == job->revision);
    CHECK(data.at("status_url").as_string() ==
          "https://api.example.com/v1/jobs/" + std::string(job->id.text()));
}

TEST_CASE("failed and cancelled jobs are reported, too") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    host.submit({.type = "broken"});
    CHECK(receiver.next().body().starts_with(R"({"type":"job.failed",)"));
    const auto id = host.webhooks.submit({.type = "report", .owner = "ann", .delay = 1h}).id;
    host.client.cancel(id);
    CHECK(receiver.next().body().starts_with(R"({"type":"job.cancelled",)"));
}

TEST_CASE("a notification has the job's trace") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    host.submit(
        {.type = "report", .metadata = JsonText::parse(R"({"traceparent": ")" + trace + R"("})")});
    CHECK(header(receiver.next(), "traceparent") == trace);
    host.submit();
    CHECK(header(receiver.next(), "traceparent").empty());
}

TEST_CASE("an endpoint gets only subscribed events") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint(
        "ann", {.name = "crm", .url = receiver.url(), .events = {JobStatus::failed}});
    host.executor.start();
    const auto delivery = host.finished(host.submit());
    CHECK(delivery.status == JobStatus::completed);
    CHECK(delivery.result->text() == R"({"event":"job.completed"})");
    CHECK(receiver.connections() == 0);
}

TEST_CASE("retries have the same id and bytes even if the job is removed meanwhile") {
    Receiver receiver("localhost", in_sequence({response(500), response(302, "Location: /else\r\n"),
                                                response(200)}));
    auto options = to_loopback(receiver);
    options.retry_delays = {1h, 0s};
    DeliveringHost host(options);
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    const auto id = host.submit();
    const auto first = receiver.next();
    const auto& body = json::to_value(JsonText::parse(first.body()));
    const auto job =
        JobId::parse(std::string_view(body.at("data").at("job_id").as_string())).value();
    CHECK(host.client.remove(job) == RemoveOutcome::removed);
    while (host.client.find(id)->status != JobStatus::pending) std::this_thread::yield();
    host.client.cancel(id);
    CHECK(host.client.retry(id) == RetryOutcome::retried); // starts again, by hand
    const auto second = receiver.next();
    while (host.client.find(id)->status != JobStatus::pending) std::this_thread::yield();
    host.client.cancel(id);
    CHECK(host.client.retry(id) == RetryOutcome::retried);
    const auto third = receiver.next();
    CHECK(host.finished(id).status == JobStatus::completed);
    for (const auto& request : {second, third}) {
        CHECK(header(request, "webhook-id") == header(first, "webhook-id"));
        CHECK(request.body() == first.body());
        CHECK(request.target() == "/hooks"); // a redirect is not followed
    }
}

TEST_CASE("a delivery without attempts left has failed, and can be retried by hand") {
    Receiver receiver("localhost", in_sequence({response(500), response(404), response(301),
                                                response(418), response(202)}));
    DeliveringHost host(to_loopback(receiver));
    const auto failed = host.deliver_to(receiver.url());
    CHECK(failed.status == JobStatus::failed);
    CHECK(failed.error->code == "webhook_refused");
    CHECK(failed.error->message == "the receiver returned 418");
    CHECK(failed.attempt_errors.size() == 4);
    CHECK(host.client.retry(failed.id) == RetryOutcome::retried);
    CHECK(host.finished(failed.id).status == JobStatus::completed);
}

TEST_CASE("a receiver that returns 410 is disabled") {
    Receiver receiver("localhost", always(410));
    DeliveringHost host(to_loopback(receiver));
    const auto failed = host.deliver_to(receiver.url());
    CHECK(failed.status == JobStatus::failed);
    CHECK(failed.attempt_errors.size() == 1);
    CHECK(host.webhooks.endpoints("ann").front().disabled == "the receiver returned 410");
    CHECK(host.webhooks.deliveries_of({.id = host.client.make_id(), .owner = "ann"}).empty());

    CHECK(host.client.retry(failed.id) == RetryOutcome::retried);
    CHECK(host.finished(failed.id).error->code == "webhook_disabled");
    CHECK(receiver.connections() == 1);
}

TEST_CASE("Retry-After delays the next attempt") {
    Receiver receiver("localhost", always(503, "Retry-After: 7200\r\n"));
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    const auto id = host.submit();
    receiver.next();
    auto job = host.client.find(id);
    while (job->attempt_errors.empty()) job = host.client.find(id);
    CHECK(job->status == JobStatus::pending);
    CHECK(job->run_at - job->attempt_errors.front().at == 2h);
}

TEST_CASE("a rotated secret signs together with the new one") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    const auto first = host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()})
                           .secrets.front()
                           .text;
    const auto second = host.webhooks.rotate_secret("ann", "crm");
    host.executor.start();
    host.submit();
    auto request = receiver.next();
    CHECK(header(request, "webhook-signature") == signature_of(request, {second, first}));
    const auto third = host.webhooks.rotate_secret("ann", "crm", 0s);
    host.submit();
    request = receiver.next();
    CHECK(header(request, "webhook-signature") == signature_of(request, {third}));
}

TEST_CASE("a callback is signed with the secret of the endpoint at its host") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    const auto secret = host.webhooks.allow_host("ann", "localhost").secrets.front().text;
    host.executor.start();
    const auto id = host.submit({.type = "report"}, receiver.url("localhost", "/for/7"));
    CHECK(host.finished(id).status == JobStatus::completed);
    const auto request = receiver.next();
    CHECK(request.target() == "/for/7");
    CHECK(header(request, "webhook-signature") == signature_of(request, {secret}));

    host.webhooks.remove_endpoint("ann", "host:localhost");
    CHECK(host.client.retry(id) == RetryOutcome::already_completed);
}

TEST_CASE("a job that was retried before its report is reported when it finishes") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.store.set_paused("webhooks", true);
    host.executor.start();
    const auto job = host.webhooks.submit({.type = "broken", .owner = "ann"}).id;
    host.finished(job);
    const auto first = host.webhooks.deliveries_of({.id = job, .owner = "ann"}).front().id;
    while (host.client.find(first)->blocked_by > 0) std::this_thread::yield();
    host.store.set_paused("default", true);
    CHECK(host.client.retry(job) == RetryOutcome::retried);
    host.store.set_paused("webhooks", false);
    CHECK(host.finished(first).status == JobStatus::completed);
    CHECK(receiver.connections() == 0);
    host.client.cancel(job);
    CHECK(receiver.next().body().starts_with(R"({"type":"job.cancelled",)"));
}

TEST_CASE_FIXTURE(ReportedFailure, "a retried job is reported again") {
    CHECK(host.webhooks.retry(job.id, receiver.url("localhost", "/once")) == RetryOutcome::retried);
    for (int place = 0; place < 2; ++place) {
        const auto again = receiver.next();
        CHECK(again.body().starts_with(R"({"type":"job.failed",)"));
        CHECK(again.body() != first.body());
        CHECK(header(again, "webhook-id") != header(first, "webhook-id"));
    }
}

TEST_CASE_FIXTURE(ReportedFailure,
                  "a delivery of a retried job waits until the retry has happened") {
    const auto delivery = host.client.submit(host.webhooks.deliveries_of_retry(job)).front().id;
    const auto waits = [](const Job& looks) { return looks.run_at >= looks.created_at + 1s; };
    while (!waits(*host.client.find(delivery)) && receiver.connections() == 1)
        std::this_thread::yield();
    CHECK(host.client.retry(job.id) == RetryOutcome::retried);
    CHECK(receiver.next().body().find(R"("revision":)" +
                                      std::to_string(host.finished(job.id).revision)) !=
          std::string::npos);
    CHECK(receiver.connections() == 2);
}

TEST_CASE("waits for many slow receivers occupy no thread each") {
    constexpr int many = 50;
    std::latch all(many);
    Receiver receiver("localhost", [&](const Receiver::Request&) {
        all.arrive_and_wait(); // no response before all requests have arrived
        return response(200);
    });
    DeliveringHost host(to_loopback(receiver));
    host.executor.set_concurrency(many);
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    std::vector<JobId> deliveries;
    for (int i = 0; i < many; ++i) deliveries.push_back(host.submit());
    for (const auto& id : deliveries) CHECK(host.finished(id).status == JobStatus::completed);
}
