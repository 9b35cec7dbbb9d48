#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/openapi.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/http/submit_route.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Returns the caller of a request; empty for missing or invalid credentials (401 with
/// `WWW-Authenticate: Bearer`, and `error="invalid_token"` if a token was sent). Called from
/// several threads at once. May block; see ApiOptions::authenticator_blocks.
///
/// Errors  A Problem that it throws is the response; any other exception becomes a 500.
using Authenticator = std::function<std::optional<Principal>(const Request&)>;

/// Every member is checked by JobApi's constructor.
struct ApiOptions {
    std::string prefix = "/v1"; ///< of every route except the operators'; may be empty
    /// Precedes the URLs in responses: `https://api.example.org`, or `https://example.org/api`, or
    /// `/api` where a proxy serves the API under that path and strips it. Empty: the URLs begin
    /// with the prefix.
    std::string public_base_url = {};
    Authenticator authenticator = {};
    /// false: the authenticator returns at once, for example because it reads memory only. Then the
    /// thread that calls handle() may call it, and a request for a job's status occupies no thread
    /// of the API.
    bool authenticator_blocks = true;
    bool allow_anonymous = false; ///< instead of an authenticator: all callers share all jobs

    /// Addresses and networks (`127.0.0.1`, `10.0.0.0/8`, `fd00::/8`) of the proxies in front of
    /// this service. `X-Forwarded-For` is trusted only from them.
    std::vector<std::string> trusted_proxies = {};

    OpenApiOptions openapi = {};
    bool metrics = true; ///< `GET /metrics` for Prometheus, without authentication; no job's data

    /// 0-1000; requests at once. 0: none; handle() responds on the calling thread, which is faster
    /// if neither the store nor a function given here blocks, as with MemoryJobStore.
    unsigned threads = 8;
    std::size_t queue_limit = 1000;       ///< 0-1000000; requests queued for a thread; more get 503
    std::size_t body_limit = 1024 * 1024; ///< bytes, 1 - JsonText::max_size
    /// Bytes, 64 KiB - 1 TiB; of responses larger than 16 KiB that are being written. One more gets
    /// 503, and a stream ends. One owner (one address for anonymous callers) may use a quarter of
    /// it, or one response that is larger.
    std::size_t response_memory_limit = 64 * 1024 * 1024;
    std::size_t depth_limit = 32;  ///< 1 - JsonText::max_depth; nesting of a request's JSON
    std::size_t default_page = 50; ///< 1 - max_page; jobs in a listing
    std::size_t max_page = 200;    ///< 1-1000
    TimeSpan retry_after_cap = std::chrono::seconds{30}; ///< 1 s - 1 day

    /// 0-1000000, in `submits_period`; one more gets 429; 0: unlimited.
    std::size_t submits_per_owner = 0;
    TimeSpan submits_period = std::chrono::minutes{1}; ///< 1 s - 1 day

    /// 0 - 1 hour; caps `Prefer: wait`; 0: no request waits.
    TimeSpan max_wait = std::chrono::seconds{60};
    std::size_t max_waits = 20'000;                ///< 0-1000000; waiting requests; more get 503
    std::size_t max_waits_per_owner = 100;         ///< 0-1000000; one more gets 429
    std::size_t max_streams = 20'000;              ///< 0-1000000; event streams; more get 503
    std::size_t max_streams_per_owner = 100;       ///< 0-1000000; one more gets 429
    TimeSpan heartbeat = std::chrono::seconds{15}; ///< 1 ms - 1 hour; of an idle stream

    /// Returns the jobs to submit in the transaction of an accepted one, for example webhook
    /// deliveries. They name it in `after`. May block. Throws as a RouteHandler does; an Error
    /// (Errc::invalid_argument) gets 422 with its text.
    std::function<std::vector<NewJob>(const NewJob& job, const Call&)> companion_jobs = {};
    /// Likewise for a failed or cancelled job that is to be retried. They are submitted just before
    /// the retry, and may still find the job finished. If the retry fails, they remain.
    std::function<std::vector<NewJob>(const Job& job, const Call&)> companion_jobs_for_retry = {};

    /// Origins whose scripts may use the API from browsers, exactly: `https://app.example.org`.
    /// Empty: none.
    std::vector<std::string> cors_origins = {};
    bool cors_credentials = false; ///< true: with the browser's cookies

    /// Changes a completed job's result before it is sent: signs a URL again, hides a member. The
    /// stored result does not change. A changed result changes the ETag.
    std::function<void(const Job&, boost::json::value& result)> transform_result = {};
    /// Called from any thread that handles requests, possibly concurrently; must not throw.
    std::function<void(const LogEntry&)> log = {};
};

/// Handles a route of the host, on the API's threads. May block unless RouteOptions::blocks is
/// false.
///
/// Errors  A Problem that it throws is the response; any other exception is logged and becomes a
///         500 without its text.
using RouteHandler = std::function<Response(const Call&)>;

namespace detail {
template <typename Function>
concept NoRouteHandler = !std::convertible_to<Function, RouteHandler>;
} // namespace detail

/// Settings of a route of the host.
struct RouteOptions {
    bool authenticate = true; ///< false: no authentication, an empty principal
    Permit permit = {};
    /// Members of an OpenAPI Operation Object: `{"summary": "A report's file"}`. `/openapi.json`
    /// adds missing ones that follow from the route: path parameters, security, problems.
    JsonText operation = {};
    bool blocks = true;    ///< false: the handler returns at once, and handle() may call it
    bool described = true; ///< false: left out of `/openapi.json`
};

/// A handle to a request in progress. May be dropped.
///
/// Thread-safety  Full.
class ASYNCJOBS_HTTP_DECL RequestHandle {
public:
    /// The request, as the API implements it.
    class ASYNCJOBS_HTTP_DECL Work {
    public:
        virtual void cancel_wait() = 0; ///< see RequestHandle::cancel_wait()

    protected:
        ~Work() = default;
    };

    RequestHandle() = default;
    explicit RequestHandle(std::weak_ptr<Work> work) : work_(std::move(work)) {}

    /// Cancels the wait of a request that waits for a job, because the client waits no longer or
    /// has disconnected: the response is sent now, with the job's current state, and the request
    /// no longer counts as waiting.
    void cancel_wait() const {
        if (const auto work = work_.lock()) work->cancel_wait();
    }

private:
    std::weak_ptr<Work> work_;
};

/// The job API for HTTP clients, over neutral messages: a server passes requests to it and writes
/// its responses.
///
/// Declare routes, then handle(). A path holds literal segments and `{name}`, which matches one
/// segment; it is relative to the prefix.
///
/// Thread-safety  handle(), drain(), serves(), trusts() and refuse() may be called from any
///                thread; routes only before the first handle().
/// Blocking       None of those blocks, unless ApiOptions::threads is 0; whatever may block runs on
///                the API's threads.
/// Ownership      Borrows the client, which must outlive it.
/// Errors         Bad options and routes throw Error (Errc::invalid_argument) that names them.
///                The constructor throws Errc::overloaded if the system has no thread, descriptor
///                or memory left.
class ASYNCJOBS_HTTP_DECL JobApi {
public:
    /// Receives the response to a request: see handle().
    using Respond = std::function<void(Response)>;

    JobApi(Client& client, ApiOptions options);
    JobApi(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options);

    /// Waits for running requests; waiting ones get 503.
    ~JobApi();
    JobApi(const JobApi&) = delete;
    JobApi& operator=(const JobApi&) = delete;

    /// Declares `POST path`, which submits a typed job. The input is read and checked before the
    /// job is accepted.
    template <typename Input>
    void submit_route(std::string_view path, SubmitRoute<Input> route = {}) {
        if constexpr (asyncjobs::detail::require_described_job<Input>())
            add_submit_route(path, detail::make_rule(std::move(route)));
    }
    /// The same for any JSON, as the input of a job of the type that `route` names.
    void submit_route(std::string_view path, SubmitRoute<> route);

    /// Allows `POST /jobs` with `{"type": ..., "input": ...}` for one type, with the same checks.
    template <typename Input>
    void allow_generic(SubmitRoute<Input> route = {}) {
        if constexpr (asyncjobs::detail::require_described_job<Input>())
            add_generic_type(detail::make_rule(std::move(route)));
    }
    /// The same for any JSON, as the input of a job of the type that `route` names.
    void allow_generic(SubmitRoute<> route);

    /// Declares a route of the host. A GET route handles HEAD, too.
    void route(std::string_view method, std::string_view path, RouteHandler handler,
               RouteOptions options = {});

    /// Fails to compile, with the remedy: `Handler` is no RouteHandler.
    template <detail::NoRouteHandler Handler>
    void route(std::string_view, std::string_view, Handler, RouteOptions = {}) {
        static_assert(!detail::NoRouteHandler<Handler>,
                      "a route's handler is called as handler(const asyncjobs::http::Call&), from "
                      "several threads, so not mutable, and returns an asyncjobs::http::Response; "
                      "it is no coroutine");
    }

    /// Calls `respond` exactly once: from one of the API's threads, or within this call if nothing
    /// blocks or a limit is reached. `respond` must not block and must not throw. If no memory is
    /// left for another response, it is a 503 without a header field, which only the end of the
    /// connection delimits.
    RequestHandle handle(Request request, Respond respond);

    /// Prepares for shutdown: from now on submits and `/readyz` get 503, waiting requests return
    /// with the job's current state, and streams end so that their clients reconnect. Other
    /// requests continue. Can't be undone.
    void drain();

    /// Whether a target belongs to the API, for a host with other routes: it is under the prefix,
    /// or an operators' route (`/healthz`, `/readyz`, `/metrics`, `/openapi.json`).
    bool serves(std::string_view target) const noexcept;

    /// Whether a peer is one of `trusted_proxies`, whose connections a server must not count as one
    /// client's.
    bool trusts(std::string_view address) const noexcept;

    /// The response for `problem`, for servers that refuse a request themselves.
    Response refuse(const Problem& problem) const;

private:
    class Impl;
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);

    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
