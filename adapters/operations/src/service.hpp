#pragma once

#include "audit_log.hpp"
#include "documents.hpp"
#include "findings.hpp"
#include "overview.hpp"
#include "sampled.hpp"

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/operations/routes.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What the routes share.
struct Service {
    http::JobApi& api;
    Client& client;
    OperatorStore& operators;
    const Options options;
    AuditLog audit;
    Sampled<Overview> overview;
    Sampled<Findings> findings = {options.refresh_every, [this] {
                                      return FindingsReader(operators, *overview.get()).read();
                                  }};

    /// Whether the caller sees the jobs of a queue and a type.
    bool shows(const http::Principal& caller, std::string_view queue,
               std::string_view type = {}) const {
        return !options.visible || options.visible(caller, queue, type);
    }
    bool shows(const http::Call& call, std::string_view queue, std::string_view type = {}) const {
        return shows(call.principal, queue, type);
    }
    /// What the caller sees of a reading.
    OverviewDocument document_for(const http::Principal& caller, const Overview& seen) const;
    /// Returns id, queue and type of the job that the path names. It is a Problem (404) if the
    /// caller does not see it.
    Job find_job(const http::Call& call) const;
    /// Likewise, with all its parts.
    Job find_whole_job(const http::Call& call) const;
};

/// One route of operators.
struct OperatorRoute {
    std::string method = {};
    std::string path = {}; ///< below the API's prefix
    Right right = Right::see;
    std::function<http::Response(Service&, const http::Call&)> handle = {};
    JsonText operation = {}; ///< see http::RouteOptions::operation
};

/// @{
/// The routes of each room.
std::vector<OperatorRoute> overview_routes();
std::vector<OperatorRoute> live_routes();
std::vector<OperatorRoute> job_routes();
std::vector<OperatorRoute> export_routes();
std::vector<OperatorRoute> bulk_routes();
std::vector<OperatorRoute> worker_routes();
std::vector<OperatorRoute> history_routes();
std::vector<OperatorRoute> schedule_routes();
std::vector<OperatorRoute> submit_routes();
std::vector<OperatorRoute> webhook_routes();
std::vector<OperatorRoute> problem_routes();
/// @}

/// No cache may store it: other callers have other rights.
template <typename Document>
http::Response document_response(const Document& document) {
    return {.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = json::serialize(document).text()};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
