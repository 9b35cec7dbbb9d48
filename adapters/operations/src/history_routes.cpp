#include "cursor.hpp"
#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/parameters.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

http::Response history(Service& service, const http::Call& call) {
    const auto query = read_history_query(call, service.overview.get()->counts.now);
    const auto page = service.operators.history(query);
    HistoryDocument document{
        .period = std::string(to_string(query.period)),
        .bounds = {TimeHistogram::bounds.begin(), TimeHistogram::bounds.end()}};
    for (const Tally& tally : page.tallies)
        if (service.shows(call, tally.key.queue, tally.key.type))
            document.tallies.push_back(document_of(tally));
    if (page.next) document.next_cursor = make_cursor(*page.next);
    return document_response(document);
}

http::Response audit(Service& service, const http::Call& call) {
    AuditQuery query{.limit = http::read_limit(call.query, 50, AuditQuery::max_limit)};
    if (const auto* before = call.query.single("before")) {
        query.before = JobId::parse(*before);
        if (!query.before) throw http::invalid_parameter("before", "must be next_before of a page");
    }
    const auto page = service.operators.audit(query);
    AuditDocument document;
    for (const AuditEntry& entry : page.entries) document.entries.push_back(document_of(entry));
    if (page.next) document.next_before = std::string(page.next->text());
    return document_response(document);
}

} // namespace

std::vector<OperatorRoute> history_routes() {
    return {
        {"GET", "/operator/history", Right::see, history,
         operation({.id = "getHistory",
                    .summary = "How many attempts ended, and how, by minute, hour or day",
                    .response = schema<HistoryDocument>(),
                    .parameters = {{"period", "minute, hour or day"},
                                   {"since", "First start of a period, RFC 3339"},
                                   {"until", "Starts before this, RFC 3339"},
                                   {"queue", "Name of the queue"},
                                   {"type", "Type of the jobs"},
                                   {"cursor", "next_cursor of the last page"},
                                   {"limit", "Tallies to look at, at most"}}})},
        {"GET", "/operator/audit", Right::audit, audit,
         operation({.id = "getAudit",
                    .summary = "What operators did, newest first",
                    .response = schema<AuditDocument>(),
                    .parameters = {{"before", "next_before of the last page"},
                                   {"limit", "Entries in the page, at most"}}})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
