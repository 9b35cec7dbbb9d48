#pragma once

#include "receiver.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/webhooks/signature.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

/// Options to deliver to a receiver of the test.
inline WebhookOptions to_loopback(const Receiver& receiver) {
    return {.status_url_prefix = "https://api.example.com/v1/jobs/",
            .retry_delays = {0s, 0s, 0s},
            .ports = {receiver.port()},
            .allow_private_addresses = true,
            .ca_file = CERTIFICATES "/ca.pem"};
}

/// A host in this process that runs jobs and delivers; jobs of the type `report` complete.
class DeliveringHost {
public:
    explicit DeliveringHost(WebhookOptions options) : webhooks(store, std::move(options)) {
        executor.handle("report", [](const JsonText&, ProgressReporter&) { return JsonText(); });
        executor.handle("broken", [](const JsonText&, ProgressReporter&) -> JsonText {
            throw JobFailure("E7005").permanent();
        });
        webhooks.deliver_with(executor);
    }

    ~DeliveringHost() { executor.stop(); }
    DeliveringHost(const DeliveringHost&) = delete;
    DeliveringHost& operator=(const DeliveringHost&) = delete;

    /// Submits a job of ann's; returns the id of its only delivery.
    JobId submit(NewJob job = {.type = "report"}, std::optional<std::string> callback_url = {}) {
        job.owner = "ann";
        job.id = client.make_id();
        auto jobs = webhooks.deliveries_of(job, std::move(callback_url));
        REQUIRE(jobs.size() == 1);
        const auto delivery = jobs.front().id;
        jobs.insert(jobs.begin(), std::move(job));
        client.submit(std::move(jobs));
        return delivery;
    }

    Job finished(const JobId& id) {
        const auto job = client.wait(id, 30s);
        REQUIRE(job);
        REQUIRE(is_finished(job->status));
        return *job;
    }

    /// Delivers one job's event to `url`; returns the finished delivery.
    Job deliver_to(const std::string& url) {
        webhooks.set_endpoint("ann", {.name = "crm", .url = url});
        executor.start();
        return finished(submit());
    }

    MemoryJobStore store;
    Client client{store, {.poll_every = 10ms}};
    Webhooks webhooks; ///< outlives the executor
    Executor executor{store, {.queues = {"default", "webhooks"}, .poll_every = 50ms}};
};
