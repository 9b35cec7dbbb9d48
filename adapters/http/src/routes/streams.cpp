#include "routes/streams.hpp"

#include "message/negotiation.hpp"
#include "observe/client_events.hpp"
#include "observe/event_text.hpp"
#include "observe/job_events.hpp"
#include "observe/source_body.hpp"
#include "observe/source_events.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/retry.hpp>

#include <fmt/format.h>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Sent to the clients of streams; randomised, so that they do not all reconnect at once.
constexpr Duration usual_reconnect = std::chrono::seconds{3};

Response event_response(std::shared_ptr<BodyStream> body) {
    return {.status = 200,
            .headers = {{"Content-Type", "text/event-stream"},
                        {"Cache-Control", "no-store, no-transform"},
                        {"X-Accel-Buffering", "no"}},
            .body = std::move(body)};
}

} // namespace

/// The way of bodies to the API's threads, until these end.
class Streams::Gate {
public:
    explicit Gate(const ApiThreads& threads) : threads_(&threads) {}

    void post(Task task) {
        const std::lock_guard lock(mutex_);
        if (!threads_) throw std::runtime_error("the API has ended");
        threads_->post(std::move(task));
    }

    void close() noexcept {
        const std::lock_guard lock(mutex_);
        threads_ = nullptr;
    }

private:
    std::mutex mutex_;
    const ApiThreads* threads_;
};

Streams::Streams(Parts parts)
    : parts_(std::move(parts)), gate_(std::make_shared<Gate>(parts_.threads)) {}

Response Streams::job(const Call& call, const Job& job, JobView view) const {
    check_accepts_events(call);
    const auto last = last_event_id(call.request.headers);
    if (is_finished(job.status) && last == job.revision)
        return {.status = 204, .headers = {{"Cache-Control", "no-store"}}, .body = {}};

    auto permit = parts_.admission.take_stream(limit_key(call));
    const auto stream = std::make_shared<JobEvents>(JobEvents::Options{
        .document = [this, view](const Job& shown) -> std::optional<std::string> {
            std::string why = "unknown exception";
            try {
                return view.document(shown);
            } catch (const std::exception& error) {
                why = error.what();
            } catch (...) {
            }
            log(fmt::format("event of {} not sent", shown.id.text()), why);
            return std::nullopt;
        },
        .parts = view.parts,
        .post = parts_.threads.poster(),
        .memory = memory_for(limit_key(call)),
        .heartbeat = parts_.options.heartbeat,
        .reconnect_after = reconnect_after(),
        .known = last <= job.revision ? last : 0});
    auto body = std::make_shared<EventBody>(stream, parts_.observers, std::move(permit));
    stream->on_change(job); // just read, so sent without reading again
    parts_.observers->join(stream, job.id, parts_.options.heartbeat);
    return event_response(std::move(body));
}

Response Streams::events(const Call& call, std::shared_ptr<EventSource> source,
                         Duration poll_every) const {
    asyncjobs::detail::check_range<Duration>("poll_every", poll_every, std::chrono::milliseconds{1},
                                             std::chrono::hours{1});
    check_accepts_events(call);
    auto permit = parts_.admission.take_stream(limit_key(call));
    const auto stream = std::make_shared<SourceEvents>(SourceEvents::Options{
        .source = std::move(source),
        .post = parts_.threads.poster(),
        .memory = memory_for(limit_key(call)),
        .log = [this](std::string_view why) { log("event stream ended", why); },
        .poll_every = poll_every,
        .heartbeat = parts_.options.heartbeat,
        .reconnect_after = reconnect_after()});
    auto body = std::make_shared<EventBody>(stream, parts_.observers, std::move(permit));
    parts_.observers->join(stream, stream->period());
    return event_response(std::move(body));
}

Response Streams::body(const Call& call, std::shared_ptr<BodySource> source,
                       Headers headers) const {
    auto permit = parts_.admission.take_stream(limit_key(call));
    return {.status = 200,
            .headers = std::move(headers),
            .body = std::make_shared<SourceBody>(
                SourceBody::Options{
                    .source = std::move(source),
                    .post = [gate = gate_](Task task) { gate->post(std::move(task)); },
                    .memory = memory_for(limit_key(call)),
                    .log = [this](std::string_view why) { log("response broken off", why); }},
                std::move(permit))};
}

void Streams::close() noexcept { gate_->close(); }

Streams::TakeMemory Streams::memory_for(std::string who) const {
    return [this, who = std::move(who)](std::size_t bytes) -> std::optional<ResponseMemory::Share> {
        auto [share, full] = parts_.memory.take(who, bytes);
        if (full != ResponseMemory::Full::no) return std::nullopt;
        return std::move(share);
    };
}

Duration Streams::reconnect_after() const {
    return asyncjobs::detail::jittered(usual_reconnect, parts_.runtime.random());
}

void Streams::log(const std::string& what, std::string_view why) const {
    if (parts_.options.log)
        parts_.options.log(
            {.level = LogEntry::Level::error, .message = fmt::format("{}: {}", what, why)});
}

void check_accepts_events(const Call& call) {
    if (!accepts_events(call.request.headers))
        throw Problem(406, "not_acceptable", "the response is text/event-stream");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
