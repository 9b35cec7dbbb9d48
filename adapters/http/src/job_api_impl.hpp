#pragma once

#include "documents.hpp"
#include "metrics.hpp"
#include "openapi/description.hpp"
#include "router.hpp"
#include "workload_cache.hpp"

#include <asyncjobs/http/job_api.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace asyncjobs::http {

class JobApi::Impl {
public:
    Impl(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options);

    /// `path` is relative to the prefix.
    void add_route(std::string_view method, std::string_view path, RouteHandler handler,
                   RouteOptions options = {},
                   std::shared_ptr<const detail::SubmitRule> submission = {});
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);

    void handle(Request request, Respond respond);
    bool serves(std::string_view target) const noexcept;

    /// Complete in its headers, with its body, and with a fresh name for this occurrence.
    Response refuse(const Problem& problem) const;

private:
    class Pending;

    // One request, on the thread that calls (job_api.cpp).
    Response answer(const Request& request);
    Response dispatch(const Request& request);
    Principal authenticate(const Request& request) const;
    Response render_failure(const Request& request) const;
    std::string new_instance() const;
    void log(LogEntry::Level level, std::string message) const;

    // The operators' routes (operator_routes.cpp).
    void add_operator_routes();
    Response ready(const Call& call);
    Response metrics(const Call& call);
    Response description(const Call& call);

    // The job routes (job_routes.cpp, submit_routes.cpp).
    void add_job_routes();
    Response status(const Call& call);
    Response list(const Call& call);
    Response result(const Call& call);
    Response cancel(const Call& call);
    Response retry(const Call& call);
    Response remove(const Call& call);
    Response submit(const detail::SubmitRule& rule, const Call& call);
    Response submit_generic(const Call& call);
    Response accept(const detail::SubmitRule& rule, JsonText input, const Call& call);

    Job find_own(const Call& call);
    JobQuery read_query(const Call& call) const;
    Response job_response(unsigned status, const Job& job);
    std::optional<Timestamp> estimate(const Job& job);
    std::string retry_after_value(std::optional<Timestamp> expected) const;

    Client& client_;
    const std::shared_ptr<Runtime> runtime_;
    const ApiOptions options_;
    const Links links_;
    Router router_;
    std::map<std::string, detail::SubmitRule, std::less<>> generic_types_;
    WorkloadCache workloads_;
    Metrics metrics_;
    openapi::Description description_;
    std::atomic<std::size_t> in_flight_ = 0;
    std::unique_ptr<Lane> lane_; // last: its end answers what waits, which needs the others
};

/// An answer in `application/json`.
Response json_response(unsigned status, std::string document);

} // namespace asyncjobs::http
