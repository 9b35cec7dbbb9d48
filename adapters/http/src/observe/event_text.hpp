#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/time.hpp>

#include <cstdint>
#include <string>

/// Server-sent events as they are sent.
namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A comment that keeps an idle connection open.
inline constexpr const char* comment_text = ":\n\n";

/// The time after which a client whose stream ended reconnects.
std::string retry_text(Duration reconnect_after);

/// Line ends become blanks. In JSON they can only be between its tokens.
std::string event_text(ServerSentEvent event);

/// A job's event (`event: job.updated` or another), with its revision as the id.
std::string event_text(const Job& job, std::string document);

/// The last revision that a reconnecting client received; 0: none.
std::int64_t last_event_id(const Headers& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
