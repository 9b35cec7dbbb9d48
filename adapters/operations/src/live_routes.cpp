#include "operation.hpp"
#include "service.hpp"

#include <asyncjobs/http/streams.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

/// What changes without an event: with every reading.
OverviewDocument without_times(OverviewDocument document) {
    document.now = {};
    document.oldest_due_age.reset();
    for (QueueDocument& queue : document.queues) queue.oldest_due_age.reset();
    return document;
}

/// The overview for one viewer: again when it has changed, and once when it can't be read.
class LiveOverview final : public http::EventSource {
public:
    LiveOverview(Service& service, http::Principal viewer)
        : service_(service), viewer_(std::move(viewer)) {}

    std::optional<http::ServerSentEvent> poll() override {
        if (!service_.options.rights(viewer_).has(Right::see))
            throw http::Problem(403, "forbidden", "missing permission");
        std::shared_ptr<const Overview> seen;
        try {
            seen = service_.overview.get_or_last();
        } catch (const Error&) {
            return unavailable();
        }
        if (seen->counts.now == read_at_) return std::nullopt;
        read_at_ = seen->counts.now;
        return changed(service_.document_for(viewer_, *seen));
    }

private:
    std::optional<http::ServerSentEvent> changed(const OverviewDocument& document) {
        auto text = json::serialize(without_times(document)).text();
        is_unavailable_ = false;
        if (text == sent_) return std::nullopt;
        sent_ = std::move(text);
        return http::ServerSentEvent{.name = "overview", .data = json::serialize(document).text()};
    }

    std::optional<http::ServerSentEvent> unavailable() {
        read_at_.reset();
        sent_.clear();
        if (std::exchange(is_unavailable_, true)) return std::nullopt;
        return http::ServerSentEvent{.name = "unavailable", .data = "{}"};
    }

    Service& service_;
    const http::Principal viewer_;
    std::optional<Timestamp> read_at_; ///< the last reading
    std::string sent_; ///< the last event, without its times; empty: the next one is new
    bool is_unavailable_ = false;
};

http::Response live(Service& service, const http::Call& call) {
    return service.api.stream_events(call, std::make_shared<LiveOverview>(service, call.principal),
                                     service.options.refresh_every);
}

http::Response follow(Service& service, const http::Call& call) {
    const auto document = [&service,
                           viewer = call.principal](const Job& job) -> std::optional<std::string> {
        if (!service.options.rights(viewer).has(Right::see)) return std::nullopt;
        return json::serialize(document_of(job)).text();
    };
    return service.api.follow_job(call, service.find_whole_job(call), document, JobParts::summary);
}

} // namespace

std::vector<OperatorRoute> live_routes() {
    const auto events = JsonText::parse(R"({"type": "string"})");
    return {
        {"GET", "/operator/live", Right::see, live,
         operation({.id = "followOverview",
                    .summary = "The overview when it changes, as server-sent events: `overview`, "
                               "or `unavailable` if it can't be read",
                    .response = events,
                    .content_types = {"text/event-stream"}})},
        {"GET", "/operator/jobs/{id}/events", Right::see, follow,
         operation({.id = "followAnyJob",
                    .summary = "A job without its payloads, and its changes until it has finished, "
                               "as server-sent events: `job.updated`, `job.completed`, "
                               "`job.failed`, `job.cancelled`",
                    .response = events,
                    .parameters = {{"id", "Id of the job", "path"},
                                   {"Last-Event-ID", "Id of the last event received", "header"}},
                    .content_types = {"text/event-stream"},
                    .no_content = "The client has received the final event"})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
