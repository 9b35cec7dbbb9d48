#include <asyncjobs/http/job_api.hpp>

#include "api/api_options.hpp"
#include "api/dispatcher.hpp"
#include "api/in_flight_request.hpp"
#include "guard/admission.hpp"
#include "guard/api_threads.hpp"
#include "guard/own_jobs.hpp"
#include "message/freed_memory.hpp"
#include "message/response_memory.hpp"
#include "message/router.hpp"
#include "message/target.hpp"
#include "message/trusted_proxies.hpp"
#include "observe/failure_renderer.hpp"
#include "observe/job_observers.hpp"
#include "observe/job_renderer.hpp"
#include "observe/metrics.hpp"
#include "openapi/job_operations.hpp"
#include "openapi/operation.hpp"
#include "routes/event_route.hpp"
#include "routes/job_list_route.hpp"
#include "routes/job_routes.hpp"
#include "routes/operator_routes.hpp"
#include "routes/streams.hpp"
#include "routes/submit_routes.hpp"

#include <asyncjobs/detail/resource_error.hpp>

#include <memory>
#include <new>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Wires the API's parts: a request goes from InFlightRequest through Dispatcher to the handler of
/// its route, and back.
class JobApi::Impl {
public:
    Impl(Client& client, const std::shared_ptr<Runtime>& runtime, ApiOptions options);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// `path` is relative to the prefix.
    void add_route(std::string_view method, std::string_view path, ResultHandler handler,
                   RouteOptions options = {},
                   std::shared_ptr<const detail::SubmitRule> submission = {});
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);

    RequestHandle handle(Request request, Respond respond);
    void drain();
    bool serves(std::string_view target) const noexcept;
    bool trusts(std::string_view address) const noexcept { return proxies_.contains(address); }
    Response refuse(const Problem& problem) const { return failures_.render(problem, "GET"); }
    const Streams& streams() const noexcept { return streams_; }

private:
    void expect_jobs_of(const detail::SubmitRule& rule);

    const ApiOptions options_;
    const TrustedProxies proxies_;
    ApiThreads threads_;
    Router router_;
    JobRenderer renderer_;
    FailureRenderer failures_;
    Dispatcher dispatcher_;
    Metrics metrics_;
    Admission admission_;
    ResponseMemory response_memory_;
    std::shared_ptr<JobObservers> observers_;
    FreedMemory freed_memory_;
    Streams streams_;
    OwnJobs own_jobs_;
    JobRoutes job_routes_;
    JobListRoute list_route_;
    EventRoute event_route_;
    SubmitRoutes submit_routes_;
    OperatorRoutes operator_routes_;
    const InFlightRequest::Parts parts_;
};

JobApi::Impl::Impl(Client& client, const std::shared_ptr<Runtime>& runtime, ApiOptions options)
    : options_(checked(std::move(options))), proxies_(options_.trusted_proxies),
      threads_(*runtime, options_), renderer_(client, runtime, options_),
      failures_(options_, *runtime, renderer_), dispatcher_(options_, router_),
      admission_(options_, *runtime, renderer_), response_memory_(options_.response_memory_limit),
      observers_(std::make_shared<JobObservers>(client, runtime)),
      freed_memory_(*runtime, [this] { threads_.post(FreedMemory::release_unused); }),
      streams_({.runtime = *runtime,
                .options = options_,
                .threads = threads_,
                .admission = admission_,
                .memory = response_memory_,
                .observers = observers_}),
      own_jobs_(client, *runtime, options_, threads_),
      job_routes_(client, options_, renderer_, admission_, own_jobs_),
      list_route_(client, *runtime, options_, renderer_),
      event_route_(
          {.options = options_, .renderer = renderer_, .jobs = own_jobs_, .streams = streams_}),
      submit_routes_({.client = client,
                      .runtime = *runtime,
                      .options = options_,
                      .renderer = renderer_,
                      .admission = admission_,
                      .memory = response_memory_,
                      .post = threads_.poster()}),
      operator_routes_({.client = client,
                        .options = options_,
                        .threads = threads_,
                        .renderer = renderer_,
                        .admission = admission_,
                        .memory = response_memory_,
                        .metrics = metrics_,
                        .submit_routes = submit_routes_,
                        .router = router_}),
      parts_{.options = options_,
             .dispatcher = dispatcher_,
             .failures = failures_,
             .threads = threads_,
             .observers = *observers_,
             .memory = response_memory_,
             .freed_memory = freed_memory_,
             .metrics = metrics_} {
    list_route_.add_to(router_);
    job_routes_.add_to(router_);
    event_route_.add_to(router_);
    operator_routes_.add_to(router_);
}

/// Requests that are still queued for a thread get their response as they are destroyed, and use
/// every part for it.
JobApi::Impl::~Impl() {
    freed_memory_.close();
    observers_->close();
    streams_.close();
    threads_.close();
}

void JobApi::Impl::add_route(std::string_view method, std::string_view path, ResultHandler handler,
                             RouteOptions options,
                             std::shared_ptr<const detail::SubmitRule> submission) {
    router_.add({.method = std::string(method),
                 .path = options_.prefix + std::string(path),
                 .access = options.authenticate ? Access::authenticated : Access::anonymous,
                 .permit = std::move(options.permit),
                 .handler = std::move(handler),
                 .blocks = options.blocks,
                 .operation = openapi::read_operation(options.operation),
                 .described = options.described,
                 .submission = std::move(submission)});
}

void JobApi::Impl::expect_jobs_of(const detail::SubmitRule& rule) {
    metrics_.follow(rule.job.queue, rule.job.type);
    if (rule.expected_run > Duration{0})
        renderer_.expect_run(rule.job.queue, rule.job.type, rule.expected_run);
}

void JobApi::Impl::add_submit_route(std::string_view path, detail::SubmitRule rule) {
    SubmitRoutes::check(rule, "POST " + options_.prefix + std::string(path));
    expect_jobs_of(rule);
    const auto shared = std::make_shared<const detail::SubmitRule>(std::move(rule));
    add_route(
        "POST", path,
        [this, shared](const Call& call) { return submit_routes_.submit(*shared, call); },
        {.permit = shared->permit, .operation = shared->description.operation}, shared);
}

void JobApi::Impl::add_generic_type(detail::SubmitRule rule) {
    SubmitRoutes::check(rule, "POST " + options_.prefix + "/jobs for the type " + rule.job.type);
    expect_jobs_of(rule);
    if (submit_routes_.generic_types().empty())
        add_route("POST", "/jobs",
                  [this](const Call& call) { return submit_routes_.submit_generic(call); },
                  {.operation = JsonText::trusted(std::string(openapi::submit_job))});
    submit_routes_.allow(std::move(rule));
}

RequestHandle JobApi::Impl::handle(Request request, Respond respond) {
    std::shared_ptr<InFlightRequest> in_flight;
    try {
        request.remote_address = unmapped(std::move(request.remote_address));
        request.client_address = proxies_.client_of(request);
        in_flight =
            std::make_shared<InFlightRequest>(parts_, std::move(request), std::move(respond));
    } catch (const std::bad_alloc&) {
        metrics_.count_response(503);
        respond({.status = 503});
        return RequestHandle();
    }
    in_flight->begin();
    return RequestHandle(in_flight);
}

void JobApi::Impl::drain() {
    admission_.drain();
    observers_->end();
}

bool JobApi::Impl::serves(std::string_view target) const noexcept {
    const auto path = path_of(target);
    return operator_routes_.serve(path) || (path.starts_with(options_.prefix) &&
                                            path.substr(options_.prefix.size()).starts_with('/'));
}

JobApi::JobApi(Client& client, ApiOptions options)
    : JobApi(client, make_runtime(), std::move(options)) {}

JobApi::JobApi(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options) try
    : impl_(std::make_unique<Impl>(client, std::move(runtime), std::move(options))) {
} catch (...) {
    asyncjobs::detail::rethrow_as_error("a job API");
}

JobApi::~JobApi() = default;

void JobApi::submit_route(std::string_view path, SubmitRoute<> route) {
    add_submit_route(path, detail::make_rule(std::move(route)));
}

void JobApi::allow_generic(SubmitRoute<> route) {
    add_generic_type(detail::make_rule(std::move(route)));
}

void JobApi::route(std::string_view method, std::string_view path, RouteHandler handler,
                   RouteOptions options) {
    impl_->add_route(method, path, std::move(handler), std::move(options));
}

RequestHandle JobApi::handle(Request request, Respond respond) {
    return impl_->handle(std::move(request), std::move(respond));
}

void JobApi::drain() { impl_->drain(); }

bool JobApi::serves(std::string_view target) const noexcept { return impl_->serves(target); }

bool JobApi::trusts(std::string_view address) const noexcept { return impl_->trusts(address); }

Response JobApi::refuse(const Problem& problem) const { return impl_->refuse(problem); }

Response JobApi::stream_events(const Call& call, std::shared_ptr<EventSource> source,
                               TimeSpan poll_every) const {
    return impl_->streams().events(call, std::move(source), poll_every);
}

Response JobApi::follow_job(const Call& call, const Job& job, JobDocument document,
                            JobParts parts) const {
    return impl_->streams().job(call, job, {.document = std::move(document), .parts = parts});
}

Response JobApi::stream_body(const Call& call, std::shared_ptr<BodySource> source,
                             Headers headers) const {
    return impl_->streams().body(call, std::move(source), std::move(headers));
}

void JobApi::add_submit_route(std::string_view path, detail::SubmitRule rule) {
    impl_->add_submit_route(path, std::move(rule));
}

void JobApi::add_generic_type(detail::SubmitRule rule) { impl_->add_generic_type(std::move(rule)); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
