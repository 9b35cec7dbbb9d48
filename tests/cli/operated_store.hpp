#pragma once

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/http/bearer_token.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cli_test {

using namespace asyncjobs;
using namespace std::chrono_literals;

inline std::string text(const JobId& id) { return std::string(id.text()); }

/// A store with jobs of each status, a worker that has stopped, a paused queue and a limit.
struct OperatedStore {
    explicit OperatedStore(std::string store_url) : url(std::move(store_url)) {
        run_jobs();
        waiting = submit({.type = "report",
                          .input = JsonText::parse(R"({"month": "2011-01"})"),
                          .queue = "reports"});
        scheduled = submit({.type = "mail", .queue = "mails", .delay = 24h});
        child = submit({.type = "mail", .queue = "mails", .after = {waiting}});
        client.set_paused("exports", true);
        client.set_limit({.name = "exports", .queue = "exports", .concurrency = 2});
    }

    JobId submit(NewJob job) { return client.submit(std::move(job)).id; }

    /// Reports a worker that serves these queues, and runs for an hour.
    void report_worker(std::string name, std::vector<std::string> queues) {
        store->operators()->heartbeat({.report = {.worker = std::move(name),
                                                  .host = "here",
                                                  .process = 1,
                                                  .started_at = Timestamp(1s),
                                                  .concurrency = 4,
                                                  .queues = std::move(queues),
                                                  .types = {"mail"},
                                                  .next_within = 20min},
                                       .run = 1,
                                       .number = 1});
    }

    std::string url;
    std::unique_ptr<JobStore> store = open_store(url);
    Client client{*store};
    JobId completed = {}, failed = {}, cancelled = {}, waiting = {}, scheduled = {}, child = {};

private:
    void run_jobs() {
        Executor executor(
            *store,
            {.queues = {"mails"}, .concurrency = 1, .worker = "ann's worker", .version = "1.2"});
        executor.handle("mail", [](const JsonText&, JobContext&) {
            return JsonText::parse(R"({"big": 12345678901234567890, "exact": 1.50})");
        });
        executor.handle("report", [](const JsonText&, JobContext&) -> JsonText {
            throw JobFailure("E4210", "the disk is\nfull").permanent();
        });
        executor.start();
        completed = submit({.type = "mail", .queue = "mails"});
        failed = submit({.type = "report", .queue = "mails", .owner = "bob"});
        for (const JobId& id : {completed, failed}) client.wait(id, 1min);
        executor.stop();
        cancelled = submit({.type = "mail", .queue = "mails"});
        client.cancel(cancelled, {.reason = "not needed"});
    }
};

/// The operators' routes of a store, served: for the tokens `secret`, an admin's, and `viewer`.
class ServedStore {
public:
    explicit ServedStore(OperatedStore& store)
        : api_(store.client, {.authenticator = authenticate, .metrics = false}),
          server_(api_, {.io_threads = 1}) {
        operations::add_routes(api_, store.client, *store.store, {.rights = rights_of});
        server_.start();
    }

    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1/operator";
    }

private:
    static std::optional<http::Principal> authenticate(const http::Request& request) {
        const auto token = http::bearer_token(request);
        if (token != "secret" && token != "viewer") return std::nullopt;
        return http::Principal{.owner = std::string(*token)};
    }
    static operations::Rights rights_of(const http::Principal& caller) {
        return caller.owner == "secret" ? operations::admin : operations::viewer;
    }

    http::JobApi api_;
    beast::Server server_;
};

} // namespace cli_test
