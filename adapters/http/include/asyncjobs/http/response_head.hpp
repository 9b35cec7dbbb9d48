#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/time.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether the connection stays open after the response.
enum class Persistence {
    implied,    ///< the connection persists, as the HTTP version implies
    keep_alive, ///< it persists, by a header that HTTP/1.0 requires
    close,
};

/// The persistence of an HTTP/1.1 connection, or else of an HTTP/1.0 one.
constexpr Persistence persistence(bool http_1_1, bool keep_alive) noexcept {
    if (!keep_alive) return Persistence::close;
    return http_1_1 ? Persistence::implied : Persistence::keep_alive;
}

/// How the peer knows where the body ends.
enum class Framing {
    declared, ///< by the response's own Content-Length, its status, or the connection's end
    chunked,
};

/// Status line and fields, with the empty line. Except for Content-Length, fields that frame the
/// message belong to the server and are not taken from the response.
ASYNCJOBS_HTTP_DECL std::string response_head(const Response& response, Timestamp now,
                                              Persistence persistence,
                                              Framing framing = Framing::declared);

/// A piece of a chunked body; an empty one is its end.
ASYNCJOBS_HTTP_DECL std::string chunk(std::string_view data);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
