#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/http/route_options.hpp>
#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/http/submit_route.hpp>
#include <asyncjobs/store/queries.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

namespace detail {
template <typename Function>
concept NoRouteHandler = !std::convertible_to<Function, RouteHandler>;
} // namespace detail

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
/// Thread-safety  handle(), drain(), serves(), trusts(), refuse() and those that return streams may
///                be called from any thread; routes only before the first handle().
/// Blocking       stream_body() waits for its first piece. None of the others blocks, unless
///                ApiOptions::threads is 0; whatever may block runs on the API's threads.
/// Ownership      Borrows the client, which must outlive it.
/// Errors         Bad options and routes throw Error (Errc::invalid_argument) that names them, and
///                Errc::unsupported for metrics of a store without the capability workload.
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

    /// @name Streams
    /// Responses for a route's handler to return. They occupy no thread while their clients read,
    /// count against ApiOptions::max_streams, max_streams_per_owner and response_memory_limit, and
    /// end with the connection. Throw Problem: 429 or 503 at a limit, and those of events 406 if
    /// the client accepts no `text/event-stream`.
    /// @{

    /// Server-sent events from `source`, which is polled once at first, and then every `poll_every`
    /// (1 ms - 1 hour). Ends at drain().
    Response stream_events(const Call& call, std::shared_ptr<EventSource> source,
                           TimeSpan poll_every) const;

    /// A job and its changes until it has finished, as `GET /jobs/{id}/events` sends them, but for
    /// any job and with the documents of `document`, which needs `parts` of the job. Ends at
    /// drain().
    Response follow_job(const Call& call, const Job& job, JobDocument document,
                        JobParts parts = JobParts::outcome) const;

    /// A body from `source`. Makes the first piece, and throws what that throws; makes others while
    /// the client reads, one ahead of it.
    Response stream_body(const Call& call, std::shared_ptr<BodySource> source,
                         Headers headers) const;

    /// @}

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
