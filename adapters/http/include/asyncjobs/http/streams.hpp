#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job.hpp>

#include <functional>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A server-sent event. Line ends in it are sent as blanks.
struct ServerSentEvent {
    std::string name = {}; ///< the field `event`
    std::string data = {};
};

/// The events of one client's stream: see JobApi::stream_events().
///
/// Thread-safety  poll() is called by one of the API's threads at a time. May block.
/// Ownership      May be destroyed on any thread, and after the API.
class ASYNCJOBS_HTTP_DECL EventSource {
public:
    EventSource() = default;
    virtual ~EventSource() = default;
    EventSource(const EventSource&) = delete;
    EventSource& operator=(const EventSource&) = delete;

    /// Returns the next event; empty if nothing is new. Not called while the client has not
    /// received the last event, so that a slow reader gets fewer.
    ///
    /// Errors  An exception ends the stream, so that the client reconnects. It is logged unless it
    ///         is a Problem.
    virtual std::optional<ServerSentEvent> poll() = 0;
};

/// The body of one response, made in pieces: see JobApi::stream_body().
///
/// Thread-safety  next() is called by one of the API's threads at a time. May block.
/// Ownership      May be destroyed on any thread, and after the API.
class ASYNCJOBS_HTTP_DECL BodySource {
public:
    BodySource() = default;
    virtual ~BodySource() = default;
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;

    /// Returns the next piece, which must not be empty; std::nullopt at the end.
    ///
    /// Errors  An exception is logged and breaks the response off: see BodyStream::next().
    virtual std::optional<std::string> next() = 0;
};

/// Renders a job for JobApi::follow_job(), on the API's threads. May block. Returns empty to end
/// the stream. An exception is logged, and ends it, too.
using JobDocument = std::function<std::optional<std::string>(const Job&)>;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
