#pragma once

#include "admission.hpp"
#include "call_batcher.hpp"
#include "freed_memory.hpp"
#include "job_observers.hpp"
#include "job_renderer.hpp"
#include "metrics.hpp"
#include "openapi/description.hpp"
#include "response_memory.hpp"
#include "route_job.hpp"
#include "router.hpp"
#include "submit_routes.hpp"
#include "trusted_proxies.hpp"

#include <asyncjobs/http/job_api.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

class JobApi::Impl {
public:
    Impl(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// `path` is relative to the prefix.
    void add_route(std::string_view method, std::string_view path, ResultHandler handler,
                   RouteOptions options = {},
                   std::shared_ptr<const detail::SubmitRule> submission = {});
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);
    void follow(const detail::SubmitRule& rule);

    RequestHandle handle(Request request, Respond respond);
    void drain();
    bool serves(std::string_view target) const noexcept;
    bool trusts(std::string_view address) const noexcept { return proxies_.contains(address); }

    /// The complete response, with a new id for this occurrence.
    Response refuse(const Problem& problem) const;

private:
    class InFlightRequest;

    using Readings = CallBatcher<JobId, std::optional<Job>>;

    /// The route of a request, with the parameters of its target.
    struct Routed {
        const Route* route = nullptr;
        Parameters parameters = {};
        Parameters query = {};
        std::string who = {}; ///< see limit_key(); empty until known
    };

    /// Posts to a thread that may block.
    std::function<void(Task)> poster();

    /// Continues with `then` on the lane.
    Deferred on_lane(Deferred::Then then);
    Readings::Options reading_options(std::size_t limit);

    // One request, on the calling thread (job_api.cpp).
    bool authenticating_blocks() const noexcept {
        return options_.authenticator && options_.authenticator_blocks;
    }
    /// Returns the route, or a response that needs none. Never blocks.
    std::variant<Routed, Response> find_route(const Request& request) const;
    /// Whether perform() runs on the thread that calls handle(): it does not block, or the API has
    /// no threads.
    bool runs_inline(const Route& route) const noexcept;
    HandlerResult perform(Routed& routed, const Request& request) const;
    /// Whether another request may wait for a thread while `in_flight` are in flight.
    bool has_capacity(std::size_t in_flight) const noexcept {
        return options_.threads == 0 || in_flight < options_.threads + options_.queue_limit;
    }
    Response options_response(const Request& request,
                              const std::vector<std::string>& methods) const;
    Principal authenticate(const Request& request) const;
    Response render_failure(const Request& request) const;
    std::string new_instance() const;
    void log(LogEntry::Level level, std::string message) const;

    // The operators' routes (operator_routes.cpp).
    void add_operator_routes();
    Response ready(const Call& call);
    Response metrics(const Call& call);
    Response description(const Call& call);

    // The job routes (job_routes.cpp, job_list_route.cpp).
    void add_job_routes();
    HandlerResult status(const Call& call);
    HandlerResult status_or_wait(const Job& job, const Request& request);
    Response events(const Call& call);
    std::optional<std::string> event_document(const Job& job);
    Response list(const Call& call);
    JobQuery read_query(const Call& call) const;
    Response result(const Call& call);
    Response cancel(const Call& call);
    Response retry(const Call& call);
    Response remove(const Call& call);

    // The caller's own jobs (own_jobs.cpp).
    /// Reads the job by `readings`, and continues with `then` if it belongs to `owner`.
    Deferred with_own_job(Readings& readings, const JobId& id, const std::string& owner,
                          std::function<HandlerResult(Job, const Request&)> then);
    Job find_own(const Call& call);
    Job find_own(const JobId& id, const std::string& owner);
    bool has_expired(const Job& job) const {
        return http::has_expired(job, runtime_->wall_clock());
    }
    Problem missing_job(const JobId& id, const std::string& owner);

    Client& client_;
    const std::shared_ptr<Runtime> runtime_;
    const ApiOptions options_;
    const TrustedProxies proxies_;
    Router router_;
    JobRenderer renderer_;
    Metrics metrics_;
    openapi::Description description_;
    std::atomic<std::size_t> in_flight_ = 0;
    Admission admission_;
    ResponseMemory response_memory_;
    std::shared_ptr<JobObservers> observers_;
    FreedMemory freed_memory_; // before the members that respond as they are destroyed
    Readings finds_;
    Readings summary_reads_;
    SubmitRoutes submit_routes_;
    std::unique_ptr<Lane> lane_; // last: its destructor fails queued requests, which use the others
};

/// Sets the fields of every response and those that depend on the body's length, and drops bodies
/// that HTTP forbids.
Response completed(Response response, std::string_view method);

/// The id in a route's path. Throws no_such_job() for one that is malformed.
JobId id_of(const Call& call);
Problem no_such_job();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
