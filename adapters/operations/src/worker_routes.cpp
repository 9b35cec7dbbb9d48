#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/parameters.hpp>

#include <algorithm>
#include <limits>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

/// Whether the caller sees one of the worker's queues.
bool shows(const Service& service, const http::Call& call, const WorkerRecord& worker) {
    return std::ranges::any_of(
        worker.report.queues, [&](const std::string& queue) { return service.shows(call, queue); });
}

http::Response workers(Service& service, const http::Call& call) {
    const auto page =
        service.operators.workers(read_text(call, "after").value_or(""),
                                  http::read_limit(call.query, 100, OperatorStore::max_workers));
    WorkerListDocument document{.next_after = page.next, .now = page.now};
    for (const WorkerRecord& worker : page.workers)
        if (shows(service, call, worker)) document.workers.push_back(document_of(worker, page.now));
    return document_response(document);
}

WorkerOrder read_order(const WorkerOrderDocument& document) {
    WorkerOrder order{.quiet = document.quiet};
    if (document.concurrency) {
        if (*document.concurrency < 1 || *document.concurrency > WorkerReport::max_concurrency)
            throw http::invalid_input({{"/concurrency", "must be from 1 to 10000"}});
        order.concurrency = static_cast<unsigned>(*document.concurrency);
    }
    if (order == WorkerOrder{}) throw http::invalid_input({{"", "must have quiet or concurrency"}});
    return order;
}

std::string name_of(const WorkerOrder& order) {
    std::string name;
    if (order.quiet) name = *order.quiet ? "quiet" : "resume";
    if (order.concurrency)
        name += (name.empty() ? "" : ", ") + ("concurrency " + std::to_string(*order.concurrency));
    return name;
}

http::Response give_order(Service& service, const http::Call& call) {
    const auto document = http::read_document<WorkerOrderDocument>(call.request, {"worker"});
    const WorkerOrder order = read_order(document);
    const auto outcome = service.audit.record(
        call, {.action = "order_worker", .target = document.worker, .reason = document.reason},
        [&] {
            const bool is_ordered =
                service.operators.order(document.worker, order, service.options.orders_valid_for);
            if (!is_ordered)
                throw http::Problem(404, "not_found", "no such worker, or it has ended");
            return name_of(order);
        });
    return document_response(OutcomeDocument{outcome});
}

} // namespace

std::vector<OperatorRoute> worker_routes() {
    return {
        {"GET", "/operator/workers", Right::see, workers,
         operation({.id = "listWorkers",
                    .summary = "Workers by name, with those that ended lately",
                    .response = schema<WorkerListDocument>(),
                    .parameters = {{"after", "Begin after this name"},
                                   {"limit", "Workers in the page, at most"}}})},
        {"POST", "/operator/workers/order", Right::workers, give_order,
         operation({.id = "orderWorker",
                    .summary = "Order a worker to claim nothing, to claim again, or to run fewer "
                               "or more jobs",
                    .response = schema<OutcomeDocument>(),
                    .request = request_schema<WorkerOrderDocument>()})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
