#include "routes/event_route.hpp"

#include "message/negotiation.hpp"
#include "observe/job_events.hpp"
#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"

#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Sent to the clients of streams; randomised, so that they do not all reconnect at once.
constexpr Duration reconnect_after = std::chrono::seconds{3};

} // namespace

void EventRoute::add_to(Router& router) {
    router.add({.method = "GET",
                .path = parts_.options.prefix + "/jobs/{id}/events",
                .handler = [this](const Call& call) { return events(call); },
                .operation = openapi::parse_object(openapi::follow_job)});
}

Response EventRoute::events(const Call& call) {
    if (!accepts_events(call.request.headers))
        throw Problem(406, "not_acceptable", "the response is text/event-stream");
    const Job job = parts_.jobs.find(call);
    const auto last = last_event_id(call.request.headers);
    if (is_finished(job.status) && last == job.revision)
        return {.status = 204, .headers = {{"Cache-Control", "no-store"}}, .body = {}};

    const auto& options = parts_.options;
    const std::string who = limit_key(call);
    auto permit = parts_.admission.take_stream(who);
    const auto stream = std::make_shared<JobEvents>(JobEvents::Options{
        .document = [this](const Job& shown) { return document(shown); },
        // The hook may read any member of the job.
        .parts = options.transform_result ? JobParts::all : JobParts::outcome,
        .post = parts_.threads.poster(),
        .memory = [this, who](std::size_t bytes) { return memory_of(who, bytes); },
        .heartbeat = options.heartbeat,
        .reconnect_after = asyncjobs::detail::jittered(reconnect_after, parts_.runtime.random()),
        .known = last <= job.revision ? last : 0});
    auto body = std::make_shared<EventBody>(stream, parts_.observers, std::move(permit));
    stream->on_change(job); // just read, so sent without reading again
    parts_.observers->join(stream, job.id, options.heartbeat);
    return {.status = 200,
            .headers = {{"Content-Type", "text/event-stream"},
                        {"Cache-Control", "no-store, no-transform"},
                        {"X-Accel-Buffering", "no"}},
            .body = std::move(body)};
}

/// The status document; empty if rendering it fails.
std::optional<std::string> EventRoute::document(const Job& job) {
    std::string why = "unknown exception";
    try {
        return std::get<std::string>(parts_.renderer.job_response(200, job).body);
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) {
    }
    if (parts_.options.log)
        parts_.options.log(
            {.level = LogEntry::Level::error,
             .message = fmt::format("event of {} not sent: {}", job.id.text(), why)});
    return std::nullopt;
}

/// Memory for a piece of the stream; empty if none is left.
std::optional<ResponseMemory::Share> EventRoute::memory_of(const std::string& who,
                                                           std::size_t bytes) const {
    auto [share, full] = parts_.memory.take(who, bytes);
    if (full != ResponseMemory::Full::no) return std::nullopt;
    return std::move(share);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
