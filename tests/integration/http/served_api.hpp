#pragma once

#include "raw_client.hpp"

#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/http/file_response.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <boost/describe.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct SalesReport {
    static constexpr std::string_view type = "sales_report";
    std::string from = {};
    std::string to = {};
    std::string format = "pdf";
    std::optional<int> warehouse = {};
};
BOOST_DESCRIBE_STRUCT(SalesReport, (), (from, to, format, warehouse))

inline asyncjobs::http::SubmitRoute<SalesReport> sales_route() {
    return {.job = {.queue = "reports"},
            .required = {"from", "to"},
            .prepare = [](SalesReport& in, asyncjobs::NewJob&, const asyncjobs::http::Call&,
                          asyncjobs::http::Violations& violations) {
                if (in.format != "pdf" && in.format != "xlsx")
                    violations.add("/format", "must be pdf or xlsx");
                if (in.from > in.to) violations.add("/to", "must not be before from");
            }};
}

/// `Bearer NAME` is NAME; other credentials are invalid.
inline std::optional<asyncjobs::http::Principal>
bearer_is_name(const asyncjobs::http::Request& request) {
    const std::string* credentials = request.headers.find("Authorization");
    if (!credentials || !credentials->starts_with("Bearer ")) return std::nullopt;
    const std::string name = credentials->substr(7);
    if (name == "broken") throw std::runtime_error("the directory holds the password hunter2");
    asyncjobs::http::Principal principal{.owner = name};
    if (name == "root") principal.roles = {"admin"};
    return principal;
}

struct ServedOptions {
    asyncjobs::http::ApiOptions api = {};
    asyncjobs::beast::ServerOptions server = {};
};

/// A job API behind a real socket, with a store in memory.
class ServedApi {
public:
    explicit ServedApi(ServedOptions options = {})
        : client(store), api(client, with_login(options.api)), server(api, options.server) {
        api.submit_route("/reports/sales", sales_route());
        api.submit_route("/notes", asyncjobs::http::SubmitRoute<>{.job = {.type = "note"}});
        api.allow_generic(sales_route());
        api.allow_generic(asyncjobs::http::SubmitRoute<>{.job = {.type = "note"}});
    }

    /// For a test that declares its own routes.
    RawClient connect() {
        if (server.port() == 0) server.start();
        return RawClient(server.port());
    }

    /// One request on a new connection, as `who`.
    RawResponse ask(std::string_view line, std::string_view who = "ann",
                    std::string_view fields = {}, std::string_view body = {}) {
        auto connection = connect();
        connection.send(request(line, who, fields, body));
        return connection.receive(line.starts_with("HEAD "));
    }

    RawResponse post(std::string_view path, std::string_view body, std::string_view who = "ann") {
        return ask("POST " + std::string(path), who, "Content-Type: application/json\r\n", body);
    }

    /// Waits until the metrics show so many requests that wait for a job.
    void await_waiting(int count) {
        const auto line = "\nasyncjobs_http_requests_waiting " + std::to_string(count) + "\n";
        while (ask("GET /metrics", "").body.find(line) == std::string::npos)
            std::this_thread::yield();
    }

    /// `line` is method and target; Content-Length is sent only with a body.
    static std::string request(std::string_view line, std::string_view who,
                               std::string_view fields = {}, std::string_view body = {}) {
        std::string text = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n";
        if (!who.empty()) text += "Authorization: Bearer " + std::string(who) + "\r\n";
        text += fields;
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return text + "\r\n" + std::string(body);
    }

    asyncjobs::JobId submit(std::string owner, std::string type = "note") {
        return client.submit(asyncjobs::NewJob{.type = std::move(type), .owner = std::move(owner)})
            .id;
    }

    /// Claims the only due job in `queue`, like a worker.
    asyncjobs::LeaseRef claim(std::string queue = "default") {
        const std::string queues[] = {std::move(queue)};
        const auto taken = store.claim({.worker = "w", .queues = queues, .limit = 1}).claimed;
        if (taken.size() != 1) throw std::runtime_error("nothing to claim");
        return taken.front().lease;
    }

    void settle(asyncjobs::Settlement settlement) {
        if (!store.settle({&settlement, 1}).front().accepted)
            throw std::runtime_error("the settlement was refused");
    }

    void complete(std::string result = "null") {
        settle(asyncjobs::Settlement::completed(claim(),
                                                asyncjobs::JsonText::parse(std::move(result))));
    }

    void fail(asyncjobs::JobError error) {
        settle(asyncjobs::Settlement::failed(claim(), std::move(error)));
    }

    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client;
    asyncjobs::http::JobApi api;
    asyncjobs::beast::Server server;

private:
    static asyncjobs::http::ApiOptions with_login(asyncjobs::http::ApiOptions options) {
        if (!options.allow_anonymous && !options.authenticator)
            options.authenticator = bearer_is_name;
        return options;
    }
};

inline boost::json::value json_of(const RawResponse& response) {
    return boost::json::parse(response.body);
}

inline std::string text_at(const boost::json::value& document, std::string_view member) {
    return std::string(document.at(member).as_string());
}

inline std::string path_of(const asyncjobs::JobId& id, std::string_view rest = {}) {
    return "/v1/jobs/" + std::string(id.text()) + std::string(rest);
}
