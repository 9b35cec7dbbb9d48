#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/time.hpp>

#include <string>

namespace asyncjobs::beast {

enum class Persistence {
    implied,    ///< the connection goes on, as the version of HTTP implies
    keep_alive, ///< it goes on, which an HTTP/1.0 client must be told
    close,
};

/// How the peer knows where the body ends.
enum class Framing {
    as_said, ///< by the response's own Content-Length, its status, or the connection's end
    chunked,
};

/// Status line and fields, with the empty line. Fields that say how the message is framed are the
/// server's and not taken from the response, but for Content-Length.
std::string response_head(const http::Response& response, Timestamp now, Persistence persistence,
                          Framing framing = Framing::as_said);

} // namespace asyncjobs::beast
