#include "job_api_impl.hpp"

#include "cors.hpp"
#include "in_flight_request.hpp"
#include "openapi/job_operations.hpp"
#include "openapi/operation.hpp"
#include "operator_routes.hpp"
#include "target.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/bearer_token.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

ApiOptions checked(ApiOptions options) {
    using asyncjobs::detail::check_range;
    using asyncjobs::detail::refuse;
    using namespace std::chrono_literals;
    constexpr std::size_t one = 1;
    const auto& prefix = options.prefix;
    const auto& base = options.public_base_url;
    if (!prefix.empty() &&
        (!prefix.starts_with('/') || prefix.ends_with('/') ||
         prefix.find_first_of("?#%{ ") != prefix.npos || !is_field_value(prefix)))
        refuse("prefix", prefix, "must be empty or a path as in /v1");
    const bool is_path = base.starts_with('/') && !base.starts_with("//");
    if (!base.empty() &&
        ((!base.starts_with("https://") && !base.starts_with("http://") && !is_path) ||
         base.ends_with('/') || base.find_first_of("?# \\") != base.npos || !is_field_value(base)))
        refuse("public_base_url", base,
               "must be empty, a URL as in https://api.example.org, or a path as in /api");
    if (!options.authenticator && !options.allow_anonymous)
        refuse("authenticator", "", "must be given unless allow_anonymous is set");
    if (options.authenticator && options.allow_anonymous)
        refuse("allow_anonymous", "true", "must be false with an authenticator");
    openapi::check(options.openapi);
    for (const auto& origin : options.cors_origins)
        if (!is_origin(origin))
            refuse("cors_origins", origin, "must be origins as in https://app.example.org");
    check_range("threads", options.threads, 0U, 1000U);
    check_range("queue_limit", options.queue_limit, std::size_t{0}, std::size_t{1000000});
    check_range("body_limit", options.body_limit, one, JsonText::max_size);
    check_range("response_memory_limit", options.response_memory_limit, std::size_t{64} * 1024,
                std::size_t{1} << 40);
    check_range("depth_limit", options.depth_limit, one, JsonText::max_depth);
    check_range("max_page", options.max_page, one, std::size_t{1000});
    check_range("default_page", options.default_page, one, options.max_page);
    check_range("retry_after_cap", options.retry_after_cap, Duration{1s}, Duration{24h});
    check_range("submits_per_owner", options.submits_per_owner, std::size_t{0},
                std::size_t{1000000});
    check_range("submits_period", options.submits_period, Duration{1s}, Duration{24h});
    check_range("max_wait", options.max_wait, Duration{0}, Duration{1h});
    check_range("heartbeat", options.heartbeat, Duration{1ms}, Duration{1h});
    for (const auto& [name, value] : {std::pair{"max_waits", options.max_waits},
                                      {"max_waits_per_owner", options.max_waits_per_owner},
                                      {"max_streams", options.max_streams},
                                      {"max_streams_per_owner", options.max_streams_per_owner}})
        check_range(name, value, std::size_t{0}, std::size_t{1000000});
    return options;
}

// Items of one store call. Whole jobs can be large.
constexpr std::size_t most_finds = 32;
constexpr std::size_t most_summary_reads = 500;

/// Whether a resource of the process is exhausted for now.
bool is_exhaustion(const std::error_code& code) noexcept {
    return code == std::errc::too_many_files_open ||
           code == std::errc::too_many_files_open_in_system ||
           code == std::errc::not_enough_memory ||
           code == std::errc::resource_unavailable_try_again;
}

bool is_known(std::string_view method) noexcept {
    constexpr std::array known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return std::ranges::find(known, method) != known.end();
}

} // namespace

Response completed(Response response, std::string_view method) {
    response.headers.set("X-Content-Type-Options", "nosniff");
    const auto length = body_length(response.body);
    const bool bodiless = response.status == 204 || response.status == 304;
    if (bodiless || !length)
        response.headers.remove("Content-Length");
    else
        response.headers.set("Content-Length", std::to_string(*length));
    if (bodiless || method == "HEAD") response.body = std::string();
    return response;
}

JobApi::Impl::Impl(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options)
    : client_(client), runtime_(std::move(runtime)), options_(checked(std::move(options))),
      proxies_(options_.trusted_proxies), renderer_(client_, runtime_, options_),
      admission_(options_, *runtime_, renderer_), response_memory_(options_.response_memory_limit),
      observers_(std::make_shared<JobObservers>(client_, runtime_)),
      freed_memory_(*runtime_, [this] { lane_->post(FreedMemory::release_unused); }),
      finds_(reading_options(most_finds),
             [this](std::span<const JobId> ids) { return client_.find(ids); }),
      summary_reads_(reading_options(most_summary_reads),
                     [this](std::span<const JobId> ids) { return client_.find_summaries(ids); }),
      submit_routes_({.client = client_,
                      .runtime = *runtime_,
                      .options = options_,
                      .renderer = renderer_,
                      .admission = admission_,
                      .memory = response_memory_,
                      .post = poster()}),
      lane_(runtime_->make_lane(std::max(1U, options_.threads))) {
    add_job_routes();
    add_operator_routes();
}

/// Requests that are still queued for a thread get their response as they are destroyed.
JobApi::Impl::~Impl() {
    freed_memory_.close();
    observers_->close();
}

std::function<void(Task)> JobApi::Impl::poster() {
    return [this](Task task) { lane_->post(std::move(task)); };
}

Deferred JobApi::Impl::on_lane(Deferred::Then then) {
    return {[this, then = std::move(then)](const Deferred::Resume& resume) {
        if (options_.threads == 0) return resume(then);
        lane_->post([then, resume]() mutable { resume(std::move(then)); });
    }};
}

JobApi::Impl::Readings::Options JobApi::Impl::reading_options(std::size_t limit) {
    return {.runtime = *runtime_,
            .post = poster(),
            .limit = limit,
            .shares = options_.threads > 0,
            .posts = !authenticating_blocks()};
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

void JobApi::Impl::follow(const detail::SubmitRule& rule) {
    metrics_.follow(rule.job.queue, rule.job.type);
    if (rule.expected_run > Duration{0})
        renderer_.expect_run(rule.job.queue, rule.job.type, rule.expected_run);
}

void JobApi::Impl::add_submit_route(std::string_view path, detail::SubmitRule rule) {
    SubmitRoutes::check(rule, "POST " + options_.prefix + std::string(path));
    follow(rule);
    const auto shared = std::make_shared<const detail::SubmitRule>(std::move(rule));
    add_route(
        "POST", path,
        [this, shared](const Call& call) { return submit_routes_.submit(*shared, call); },
        {.permit = shared->permit, .operation = shared->description.operation}, shared);
}

void JobApi::Impl::add_generic_type(detail::SubmitRule rule) {
    SubmitRoutes::check(rule, "POST " + options_.prefix + "/jobs for the type " + rule.job.type);
    follow(rule);
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
            std::make_shared<InFlightRequest>(*this, std::move(request), std::move(respond));
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
    return path == health_path || path == ready_path ||
           (options_.metrics && path == metrics_path) ||
           (options_.openapi.enabled && path == description_path) ||
           (path.starts_with(options_.prefix) &&
            path.substr(options_.prefix.size()).starts_with('/'));
}

Response JobApi::Impl::refuse(const Problem& problem) const {
    return completed(problem.response(new_instance()), "GET");
}

std::variant<JobApi::Impl::Routed, Response>
JobApi::Impl::find_route(const Request& request) const {
    if (!is_known(request.method)) throw Problem(501, "not_implemented", "unknown method");
    if (request.method == "OPTIONS" && request.target == "*")
        return options_response(request, router_.methods());
    if (request.body.size() > options_.body_limit)
        throw Problem(413, "body_too_large",
                      fmt::format("the body must not exceed {} bytes", options_.body_limit));

    Target target = parse_target(request.target);
    auto match = router_.find(request.method == "HEAD" ? "GET" : request.method, target.segments);
    if (match.methods.empty()) throw Problem(404, "not_found", "no such resource");
    if (request.method == "OPTIONS") return options_response(request, match.methods);
    if (!match.route)
        throw Problem(405, "method_not_allowed", "method not allowed")
            .with_header("Allow", allow_list(match.methods));

    if (is_forged(options_, request)) throw Problem(403, "foreign_origin", "origin not allowed");
    return Routed{match.route, std::move(match.parameters), std::move(target.query)};
}

bool JobApi::Impl::runs_inline(const Route& route) const noexcept {
    if (options_.threads == 0) return true;
    if (route.blocks || route.permit) return false;
    return route.access == Access::anonymous || !authenticating_blocks();
}

HandlerResult JobApi::Impl::perform(Routed& routed, const Request& request) const {
    const Route& route = *routed.route;
    Principal principal;
    if (route.access == Access::authenticated) principal = authenticate(request);
    if (route.permit && !route.permit(principal))
        throw Problem(403, "forbidden", "missing permission");
    routed.who = limit_key(principal.owner, request);
    return route.handler({request, principal, routed.parameters, routed.query});
}

Response JobApi::Impl::options_response(const Request& request,
                                        const std::vector<std::string>& methods) const {
    Response response{.status = 204, .headers = {{"Allow", allow_list(methods)}}};
    allow_preflight(options_, request, response);
    return response;
}

Principal JobApi::Impl::authenticate(const Request& request) const {
    if (!options_.authenticator) return {};
    auto principal = options_.authenticator(request);
    if (!principal)
        throw Problem(401, "unauthenticated", "missing or invalid credentials")
            .with_header("WWW-Authenticate",
                         bearer_token(request) ? R"(Bearer error="invalid_token")" : "Bearer");
    if (principal->owner.empty() || !asyncjobs::detail::is_label(principal->owner))
        throw std::logic_error("the authenticator returned a principal whose owner is empty, "
                               "longer than 255 bytes or holds control characters");
    return *std::move(principal);
}

Response JobApi::Impl::render_failure(const Request& request) const {
    const std::string instance = new_instance();
    const auto failed = [&](std::string_view why) {
        log(LogEntry::Level::error,
            fmt::format("request failed: {} {} ({}): {}", request.method,
                        asyncjobs::detail::printable(path_of(request.target)), instance, why));
    };
    try {
        throw;
    } catch (const Problem& problem) {
        return problem.response(instance);
    } catch (const Error& error) {
        failed(error.what());
        if (error.code() == Errc::unknown_outcome)
            return renderer_
                .try_later(503, "unknown_outcome",
                           "outcome unknown: the request may have taken effect")
                .response(instance);
        if (error.code() == Condition::retryable)
            return renderer_.try_later(503, "unavailable", "the service is temporarily unavailable")
                .response(instance);
    } catch (const std::system_error& error) {
        failed(error.what());
        if (is_exhaustion(error.code()))
            return renderer_.try_later(503, "overloaded", "the service is temporarily unavailable")
                .response(instance);
    } catch (const std::bad_alloc& error) {
        failed(error.what());
        return renderer_.try_later(503, "overloaded", "the service is temporarily unavailable")
            .response(instance);
    } catch (const std::exception& error) {
        failed(error.what());
    } catch (...) {
        failed("unknown exception");
    }
    return Problem(500, "internal_error", "internal error").response(instance);
}

std::string JobApi::Impl::new_instance() const {
    const auto high = runtime_->random();
    const auto low = runtime_->random();
    return fmt::format("urn:uuid:{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32,
                       (high >> 16) & 0xFFFF, high & 0xFFF, ((low >> 48) & 0x3FFF) | 0x8000,
                       low & 0xFFFFFFFFFFFF);
}

void JobApi::Impl::log(LogEntry::Level level, std::string message) const {
    if (options_.log) options_.log({.level = level, .message = std::move(message)});
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

void JobApi::add_submit_route(std::string_view path, detail::SubmitRule rule) {
    impl_->add_submit_route(path, std::move(rule));
}

void JobApi::add_generic_type(detail::SubmitRule rule) { impl_->add_generic_type(std::move(rule)); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
