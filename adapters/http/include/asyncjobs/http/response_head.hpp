#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/time.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

enum class Persistence {
    implied,    ///< the connection goes on, as the version of HTTP implies
    keep_alive, ///< it goes on, which an HTTP/1.0 client must be told
    close,
};

/// Of a connection that speaks HTTP/1.1, or else 1.0.
constexpr Persistence persistence(bool http_1_1, bool keep_alive) noexcept {
    if (!keep_alive) return Persistence::close;
    return http_1_1 ? Persistence::implied : Persistence::keep_alive;
}

/// How the peer knows where the body ends.
enum class Framing {
    as_said, ///< by the response's own Content-Length, its status, or the connection's end
    chunked,
};

/// Status line and fields, with the empty line. Fields that say how the message is framed are the
/// server's and not taken from the response, but for Content-Length.
ASYNCJOBS_HTTP_DECL std::string response_head(const Response& response, Timestamp now,
                                              Persistence persistence,
                                              Framing framing = Framing::as_said);

/// A piece of a chunked body; an empty one is its end.
ASYNCJOBS_HTTP_DECL std::string chunk(std::string_view data);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
