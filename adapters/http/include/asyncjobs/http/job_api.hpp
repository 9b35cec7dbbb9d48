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

/// Finds out who asks; empty: nobody that is known (401, `WWW-Authenticate: Bearer`, which says
/// `error="invalid_token"` where a token was sent). Called from several threads at once. May block;
/// for one that does not, see ApiOptions::authenticator_blocks.
/// A Problem that it throws is the answer; anything else that it throws becomes a 500.
using Authenticator = std::function<std::optional<Principal>(const Request&)>;

/// Every member is checked by JobApi's constructor.
struct ApiOptions {
    std::string prefix = "/v1"; ///< of all routes but the operators'; may be empty
    /// Precedes the URLs in answers: `https://api.example.org`, or `https://example.org/api`, or
    /// `/api` where a proxy serves the API under that path and strips it. Empty: the URLs begin
    /// with the prefix.
    std::string public_base_url = {};
    Authenticator authenticator = {};
    /// false, if it returns at once, as one does that looks into memory only: then it may be called
    /// by the thread that calls handle(), too, and who asks for a job's status needs no thread of
    /// the API's for himself.
    bool authenticator_blocks = true;
    bool allow_anonymous = false; ///< instead of an authenticator: all jobs are everybody's

    /// Addresses and networks (`127.0.0.1`, `10.0.0.0/8`, `fd00::/8`) of the proxies before this
    /// service. What they add to `X-Forwarded-For` is believed, and nobody else's.
    std::vector<std::string> trusted_proxies = {};

    OpenApiOptions openapi = {};
    bool metrics = true; ///< `GET /metrics` for Prometheus, to anybody; holds loads, no job's data

    /// 0-1000; requests at once. 0: none; handle() answers on the thread that calls it, which is
    /// faster where neither the store nor any function given here blocks: with MemoryJobStore.
    unsigned threads = 8;
    std::size_t queue_limit = 1000; ///< 0-1000000; requests that wait for a thread; more get 503
    std::size_t body_limit = 1024 * 1024; ///< bytes, 1 - JsonText::max_size
    /// Bytes, 64 KiB - 1 TiB; of answers that are being written, but small ones (16 KiB). One more
    /// gets 503, and a stream ends. A single owner, or address of who has none, may have a quarter
    /// of it, or one answer that is larger.
    std::size_t response_memory_limit = 64 * 1024 * 1024;
    std::size_t depth_limit = 32;  ///< 1 - JsonText::max_depth; nesting of a request's JSON
    std::size_t default_page = 50; ///< 1 - max_page; jobs in a listing
    std::size_t max_page = 200;    ///< 1-1000
    TimeSpan retry_after_cap = std::chrono::seconds{30}; ///< 1 s - 1 day

    /// 0-1000000, in `submits_period`; one more gets 429; 0: as many as they like.
    std::size_t submits_per_owner = 0;
    TimeSpan submits_period = std::chrono::minutes{1}; ///< 1 s - 1 day

    /// 0 - 1 hour; caps `Prefer: wait`; 0: nobody waits.
    TimeSpan max_wait = std::chrono::seconds{60};
    std::size_t max_waits = 20'000;                ///< 0-1000000; requests that wait; more get 503
    std::size_t max_waits_per_owner = 100;         ///< likewise; one more gets 429
    std::size_t max_streams = 20'000;              ///< 0-1000000; of events; more get 503
    std::size_t max_streams_per_owner = 100;       ///< likewise; one more gets 429
    TimeSpan heartbeat = std::chrono::seconds{15}; ///< 1 ms - 1 hour; of a stream without news

    /// Makes the jobs that are submitted with an accepted one, in its transaction: those that tell
    /// of it by webhooks, say. They name it in `after`. May block. Throws as a RouteHandler does;
    /// an Error (Errc::invalid_argument) is answered with 422 and its text.
    std::function<std::vector<NewJob>(const NewJob& job, const Call&)> accompany = {};
    /// The same for a failed or cancelled job that is to be started anew: they are submitted just
    /// before it is, and so may find it as it was. Should it not be started after all, they stay.
    std::function<std::vector<NewJob>(const Job& job, const Call&)> accompany_retry = {};

    /// Whose scripts may use the API from browsers: `https://app.example.org`, to the letter.
    /// Empty: nobody's.
    std::vector<std::string> cors_origins = {};
    bool cors_credentials = false; ///< with the browser's cookies, too

    /// Changes a completed job's result on its way out: signs a URL anew, hides a member. The
    /// stored result stays as it is. A result that is sent changed changes the ETag.
    std::function<void(const Job&, boost::json::value& result)> present_result = {};
    /// Called from any thread that answers, also at the same time; must not throw.
    std::function<void(const LogEntry&)> log = {};
};

/// A route of the host's own, on the API's threads. May block, unless RouteOptions says otherwise.
/// Throw Problem for a worded error; anything else that is thrown is logged, and answered with a
/// bare 500.
using RouteHandler = std::function<Response(const Call&)>;

namespace detail {
template <typename Function>
concept NoRouteHandler = !std::convertible_to<Function, RouteHandler>;
} // namespace detail

struct RouteOptions {
    bool authenticate = true; ///< false: anybody, with an empty principal
    Permit permit = {};
    /// Members of an OpenAPI Operation Object: `{"summary": "A report's file"}`. What is missing
    /// there and known from the route, `/openapi.json` adds: parameters of the path, security,
    /// problems.
    JsonText operation = {};
    bool blocks = true;    ///< false: the handler returns at once; it may be called by handle()
    bool described = true; ///< false: `/openapi.json` does not name it
};

/// A request that JobApi is answering. May be dropped.
///
/// Thread-safety  Full.
class ASYNCJOBS_HTTP_DECL Ongoing {
public:
    class ASYNCJOBS_HTTP_DECL Work {
    public:
        virtual void hurry() = 0;

    protected:
        ~Work() = default;
    };

    Ongoing() = default;
    explicit Ongoing(std::weak_ptr<Work> work) : work_(std::move(work)) {}

    /// The client waits no longer, or is gone: if the request waits for a job, it is answered now,
    /// as the job is, and what it was counted as waiting for is free for others.
    void hurry() const {
        if (const auto work = work_.lock()) work->hurry();
    }

private:
    std::weak_ptr<Work> work_;
};

/// The job API of HTTP clients, over neutral messages: a server hands it requests and writes what
/// it answers.
///
/// Declare routes, then handle(). A path holds literal segments and `{name}`, which matches one
/// segment; it is relative to the prefix.
///
/// Thread-safety  handle(), drain(), serves(), trusts() and refuse() may be called from any
///                thread; routes only before the first handle().
/// Blocking       None of those blocks, unless ApiOptions::threads is 0; what may block runs on
///                the API's threads.
/// Ownership      Borrows the client, which must outlive it.
/// Errors         Bad options and routes throw Error (Errc::invalid_argument) that names them.
///                The constructor throws Errc::overloaded where the system has no thread,
///                descriptor or memory left.
class ASYNCJOBS_HTTP_DECL JobApi {
public:
    using Respond = std::function<void(Response)>;

    JobApi(Client& client, ApiOptions options);
    JobApi(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options);

    /// Waits for requests that run; answers those that wait with 503.
    ~JobApi();
    JobApi(const JobApi&) = delete;
    JobApi& operator=(const JobApi&) = delete;

    /// `POST path` submits a job: typed, with its input read and checked before it is accepted.
    template <typename Input>
    void submit_route(std::string_view path, SubmitRoute<Input> route = {}) {
        if constexpr (asyncjobs::detail::require_described_job<Input>())
            add_submit_route(path, detail::make_rule(std::move(route)));
    }
    void submit_route(std::string_view path, UntypedSubmitRoute route);

    /// Allows `POST /jobs` with `{"type": ..., "input": ...}` for one type, read and checked alike.
    template <typename Input>
    void allow_generic(SubmitRoute<Input> route = {}) {
        if constexpr (asyncjobs::detail::require_described_job<Input>())
            add_generic_type(detail::make_rule(std::move(route)));
    }
    void allow_generic(UntypedSubmitRoute route);

    /// A route of the host's own. One for GET answers HEAD too.
    void route(std::string_view method, std::string_view path, RouteHandler handler,
               RouteOptions options = {});

    template <detail::NoRouteHandler Handler>
    void route(std::string_view, std::string_view, Handler, RouteOptions = {}) {
        static_assert(!detail::NoRouteHandler<Handler>,
                      "a route's handler is called as handler(const asyncjobs::http::Call&), from "
                      "several threads, so not mutable, and returns an asyncjobs::http::Response; "
                      "it is no coroutine");
    }

    /// Calls `respond` exactly once, from one of the API's threads, or at once from this one where
    /// there is nothing to wait for or no room. `respond` must not block and must not throw. Where
    /// there is no memory for any other answer, that is a 503 without a field, which only the end
    /// of the connection can frame.
    Ongoing handle(Request request, Respond respond);

    /// For a service that goes down: from now on submits get 503, and so does `/readyz`; requests
    /// that wait for a job are answered as it is; streams end, and have their clients come back.
    /// All else goes on. Can't be taken back.
    void drain();

    /// Whether a target belongs to the API, for a host that has routes elsewhere: it is under the
    /// prefix, or one of the operators' (`/healthz`, `/readyz`, `/metrics`, `/openapi.json`).
    bool serves(std::string_view target) const noexcept;

    /// Whether a peer is one of `trusted_proxies`, so that a server does not count its connections
    /// as one client's.
    bool trusts(std::string_view address) const noexcept;

    /// A problem as this API would answer it, for servers that refuse a request themselves.
    Response refuse(const Problem& problem) const;

private:
    class Impl;
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);

    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
