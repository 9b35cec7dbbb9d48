#include <asyncjobs/operations/routes.hpp>

#include "service.hpp"
#include "trusted_write.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/json_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

void check_submit_types(const std::vector<SubmitType>& types) {
    std::set<std::string_view> seen;
    for (const SubmitType& type : types) {
        const auto& rule = type.rule();
        const std::string_view name = rule.job.type;
        const auto refuse = [&](std::string_view reason) {
            throw Error(Errc::invalid_argument,
                        fmt::format("submit_types has the type \"{}\": {}", name, reason));
        };
        if (!rule.mistake.empty()) refuse(rule.mistake);
        if (!seen.insert(name).second) refuse("each must be there once");
        try {
            validate(rule.job);
        } catch (const Error& error) {
            refuse(error.message());
        }
    }
}

Options checked(Options options) {
    if (!options.rights)
        throw Error(Errc::invalid_argument, "rights is empty, but must state what a caller may do");
    if (!options.origin.empty() &&
        (!options.origin.starts_with("http") || options.origin.ends_with('/')))
        detail::refuse("origin", options.origin, "must be as https://ops.example.org");
    detail::check_name("bulk_queue", options.bulk_queue);
    check_submit_types(options.submit_types);
    const ScheduleControl& schedules = options.schedules;
    if (schedules.list && !(schedules.pause && schedules.resume && schedules.trigger))
        throw Error(Errc::invalid_argument, "schedules must have all functions, or none");
    const WebhookControl& webhooks = options.webhooks;
    if (webhooks.list && !(webhooks.enable && webhooks.disable))
        throw Error(Errc::invalid_argument, "webhooks must have all functions, or none");
    detail::check_range<Duration>("refresh_every", options.refresh_every,
                                  std::chrono::milliseconds{100}, std::chrono::minutes{1});
    detail::check_range<Duration>("bulk_retention", options.bulk_retention, Duration::zero(),
                                  std::chrono::days{365 * 100});
    detail::check_range<Duration>("orders_valid_for", options.orders_valid_for,
                                  std::chrono::seconds{1}, std::chrono::hours{1});
    detail::check_range<std::size_t>("export_limit", options.export_limit, 1, 1'000'000);
    return options;
}

std::shared_ptr<Service> make_service(http::JobApi& api, Client& client, JobStore& store,
                                      Options options) {
    OperatorStore* const operators = store.operators();
    if (!operators)
        throw Error(Errc::unsupported, "the routes of operators need a store with operators()");
    const auto read = [operators] { return read_overview(*operators); };
    const Duration period = options.refresh_every;
    auto log = options.log;
    return std::shared_ptr<Service>(new Service{.api = api,
                                                .client = client,
                                                .operators = *operators,
                                                .options = std::move(options),
                                                .audit = {client, *operators, std::move(log)},
                                                .overview = {period, read}});
}

bool changes(const OperatorRoute& route) { return route.method != "GET"; }

/// What the caller can correct: what the store refuses by name, and what has changed meanwhile.
std::optional<http::Problem> problem_of(const Error& error, bool has_document) {
    if (error.code() == Errc::not_found) return http::Problem(404, "not_found", error.message());
    if (error.code() == Errc::conflict) return http::Problem(409, "conflict", error.message());
    if (error.code() != Errc::invalid_argument) return std::nullopt;
    if (has_document) return http::invalid_input({{"", error.message()}});
    return http::Problem(400, "invalid_parameter", error.message());
}

http::Response handle(Service& service, const OperatorRoute& route, const http::Call& call) {
    if (changes(route) && !is_trusted_write(call.request, service.options.origin))
        throw http::Problem(403, "foreign_origin",
                            "the request does not come from the operators' own page, and has no "
                            "bearer token");
    try {
        return route.handle(service, call);
    } catch (const Error& error) {
        if (const auto problem = problem_of(error, changes(route))) throw *problem;
        throw;
    }
}

/// The routes of all rooms that the host has.
std::vector<OperatorRoute> all_routes(const Options& options) {
    std::vector<OperatorRoute> all;
    const auto add = [&](std::vector<OperatorRoute> routes) {
        std::ranges::move(routes, std::back_inserter(all));
    };
    for (auto* const room : {overview_routes, live_routes, job_routes, export_routes, bulk_routes,
                             worker_routes, history_routes, problem_routes})
        add(room());
    if (options.schedules.list) add(schedule_routes());
    if (!options.submit_types.empty()) add(submit_routes());
    if (options.webhooks.list) add(webhook_routes());
    return all;
}

} // namespace

void add_routes(http::JobApi& api, Client& client, JobStore& store, Options options) {
    const auto service = make_service(api, client, store, checked(std::move(options)));
    for (OperatorRoute& route : all_routes(service->options)) {
        const Right right = route.right;
        api.route(
            route.method, route.path,
            [service, route](const http::Call& call) { return handle(*service, route, call); },
            {.permit =
                 [service, right](const http::Principal& caller) {
                     return service->options.rights(caller).has(right);
                 },
             .operation = route.operation,
             .described = service->options.described});
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
