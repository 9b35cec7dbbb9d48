#pragma once

#include "integration/http/served_api.hpp"

#include <asyncjobs/http/file_response.hpp>

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

/// The API of these tests: with a file to send, and a companion of each submitted job, so that a
/// submit is a batch.
inline ServedOptions batching_options() {
    ServedOptions options;
    options.api.threads = 2;
    options.server.disconnect_check_delay = std::chrono::milliseconds{1};
    options.api.companion_jobs = [](const asyncjobs::NewJob& job, const asyncjobs::http::Call&) {
        return std::vector{asyncjobs::NewJob{.type = "companion", .after = {job.id}}};
    };
    return options;
}

inline void add_manual(asyncjobs::http::JobApi& api) {
    api.route("GET", "/manual",
              [](const asyncjobs::http::Call& call) {
                  return asyncjobs::http::file_response(call.request, {.path = "/proc/self/exe"});
              },
              {.authenticate = false});
}

inline asyncjobs::JobId submit_note(asyncjobs::Client& client) {
    return client.submit(asyncjobs::NewJob{.type = "note", .owner = "ann"}).id;
}

/// A kind of request; its target may be a job that is submitted for it.
struct RequestKind {
    std::string name = {};
    std::function<std::string(asyncjobs::Client&)> line = {}; ///< method and target
    std::string fields = {};
    std::string body = {};
};

/// All kinds of requests. Their jobs wait in a queue without a worker.
inline std::vector<RequestKind> request_kinds() {
    const auto fixed = [](std::string line) { return [line](asyncjobs::Client&) { return line; }; };
    const auto of_new_job = [](std::string method, std::string rest) {
        return [method, rest](asyncjobs::Client& client) {
            return method + ' ' + path_of(submit_note(client), rest);
        };
    };
    const auto of_cancelled_job = [](std::string method, std::string rest) {
        return [method, rest](asyncjobs::Client& client) {
            const auto id = submit_note(client);
            client.cancel(id);
            return method + ' ' + path_of(id, rest);
        };
    };
    const std::string json = "Content-Type: application/json\r\n";
    const std::string wait = "Prefer: wait=30\r\n";
    return {
        {"status", of_new_job("GET", "")},
        {"status of an unknown job", fixed("GET " + path_of(asyncjobs::JobId()))},
        {"wait for a change", of_new_job("GET", ""), wait + "If-None-Match: \"1\"\r\n"},
        {"stream", of_new_job("GET", "/events")},
        {"stream of a finished job", of_cancelled_job("GET", "/events")},
        {"submit", fixed("POST /v1/notes"), json, R"({"a":1})"},
        {"submit that waits", fixed("POST /v1/notes"), json + wait, R"({"a":1})"},
        {"submit with a key", fixed("POST /v1/notes"), json + "Idempotency-Key: k\r\n",
         R"({"a":1})"},
        {"generic submit", fixed("POST /v1/jobs"), json, R"({"type":"note","input":{"a":[1]}})"},
        {"submit with faults", fixed("POST /v1/reports/sales"), json, R"({"from":1,"x":2})"},
        {"malformed submit", fixed("POST /v1/notes"), json, R"({"a":1,"a":2})"},
        {"list", fixed("GET /v1/jobs?limit=3")},
        {"cancel", of_new_job("POST", "/cancel")},
        {"retry", of_cancelled_job("POST", "/retry")},
        {"delete", of_cancelled_job("DELETE", "")},
        {"result", of_cancelled_job("GET", "/result")},
        {"file", fixed("GET /v1/manual"), "Range: bytes=0-99\r\n"},
        {"description", fixed("GET /openapi.json")},
        {"metrics", fixed("GET /metrics")},
        {"readiness", fixed("GET /readyz")},
        {"health", fixed("GET /healthz")},
        {"preflight", fixed("OPTIONS /v1/jobs")},
        {"nothing", fixed("GET /nowhere")},
    };
}
