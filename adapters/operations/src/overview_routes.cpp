#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/parameters.hpp>
#include <asyncjobs/version.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

http::Response me(Service& service, const http::Call& call) {
    MeDocument document{.who = call.principal.owner,
                        .version = ASYNCJOBS_VERSION,
                        .now = service.overview.get()->counts.now};
    const Rights rights = service.options.rights(call.principal);
    for (const Right right : all_rights())
        if (rights.has(right)) document.rights.emplace_back(to_string(right));
    return document_response(document);
}

http::Response overview(Service& service, const http::Call& call) {
    return document_response(service.document_for(call.principal, *service.overview.get()));
}

http::Response queues(Service& service, const http::Call& call) {
    const auto page =
        service.operators.queues(read_text(call, "after").value_or(""),
                                 http::read_limit(call.query, 100, OperatorStore::max_queues));
    QueueListDocument document{.next_after = page.next, .now = page.now};
    for (const QueueState& queue : page.queues)
        if (service.shows(call, queue.name))
            document.queues.push_back(document_of(queue, page.now));
    return document_response(document);
}

http::Response set_paused(Service& service, const http::Call& call, bool paused) {
    const auto change = http::read_document<PauseDocument>(call.request, {"queue"});
    if (!service.shows(call, change.queue)) throw http::Problem(404, "not_found", "no such queue");
    const auto outcome = service.audit.record(call,
                                              {.action = paused ? "pause_queue" : "resume_queue",
                                               .target = change.queue,
                                               .reason = change.reason},
                                              [&] {
                                                  service.client.set_paused(change.queue, paused);
                                                  return std::string(paused ? "paused" : "resumed");
                                              });
    return document_response(OutcomeDocument{outcome});
}

http::Response limits(Service& service, const http::Call& call) {
    LimitListDocument document;
    for (const Limit& limit : service.client.limits())
        if (service.shows(call, limit.queue, limit.type))
            document.limits.push_back(document_of(limit));
    return document_response(document);
}

Limit read_limit_change(const LimitDocument& change) {
    Limit limit{.name = change.name,
                .queue = change.queue,
                .concurrency = change.concurrency,
                .rate = change.rate,
                .period = change.period,
                .burst = change.burst,
                .round_robin = change.round_robin};
    if (!change.type.empty()) limit.type = change.type;
    if (change.scope == "owner")
        limit.scope = LimitScope::owner;
    else if (change.scope == "key")
        limit.scope = LimitScope::key;
    else if (change.scope != "limit")
        throw http::invalid_input({{"/limit/scope", "must be limit, owner or key"}});
    return limit;
}

http::Response set_limit(Service& service, const http::Call& call) {
    const auto change = http::read_document<SetLimitDocument>(call.request, {"limit"});
    const Limit limit = read_limit_change(change.limit);
    const bool is_set = is_limiting(limit);
    const auto outcome = service.audit.record(call,
                                              {.action = is_set ? "set_limit" : "remove_limit",
                                               .target = limit.name,
                                               .reason = change.reason},
                                              [&] {
                                                  service.client.set_limit(limit);
                                                  return std::string(is_set ? "set" : "removed");
                                              });
    return document_response(OutcomeDocument{outcome});
}

} // namespace

std::vector<OperatorRoute> overview_routes() {
    const auto pause = [](bool paused) {
        return [paused](Service& service, const http::Call& call) {
            return set_paused(service, call, paused);
        };
    };
    const auto outcome = schema<OutcomeDocument>();
    return {
        {"GET", "/operator/me", Right::see, me,
         operation({.id = "getOperator",
                    .summary = "Who you are, and what you may do",
                    .response = schema<MeDocument>()})},
        {"GET", "/operator/overview", Right::see, overview,
         operation({.id = "getOverview",
                    .summary = "How many jobs wait, run and have ended; queues and workers",
                    .response = schema<OverviewDocument>()})},
        {"GET", "/operator/queues", Right::see, queues,
         operation({.id = "listQueues",
                    .summary = "Queues by name",
                    .response = schema<QueueListDocument>(),
                    .parameters = {{"after", "Begin after this name"},
                                   {"limit", "Queues in the page, at most"}}})},
        {"POST", "/operator/queues/pause", Right::pause, pause(true),
         operation({.id = "pauseQueue",
                    .summary = "Pause a queue",
                    .response = outcome,
                    .request = request_schema<PauseDocument>()})},
        {"POST", "/operator/queues/resume", Right::pause, pause(false),
         operation({.id = "resumeQueue",
                    .summary = "Resume a queue",
                    .response = outcome,
                    .request = request_schema<PauseDocument>()})},
        {"GET", "/operator/limits", Right::see, limits,
         operation({.id = "listLimits",
                    .summary = "Limits by name",
                    .response = schema<LimitListDocument>()})},
        {"PUT", "/operator/limits", Right::limits, set_limit,
         operation({.id = "setLimit",
                    .summary = "Set a limit, or remove one by a limit without a constraint",
                    .response = outcome,
                    .request = request_schema<SetLimitDocument>()})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
