#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/openapi.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/time.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
