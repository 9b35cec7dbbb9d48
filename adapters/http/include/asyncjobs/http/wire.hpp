#pragma once

#include <asyncjobs/http/message.hpp>

#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A response as it goes over a connection.
struct WireMessage {
    std::string start = {}; ///< status line, fields, and the body if it is a string
    /// What comes then, each piece framed and ready to be sent; null if that was all.
    std::shared_ptr<BodyStream> rest = {};
    std::shared_ptr<void> memory = {}; ///< the response's: to be kept until `start` is sent
    bool keep_alive = true;            ///< false: the connection is to be closed when all is sent
};

/// For servers that have no writer of their own which takes fields as they are: adds `Date` and
/// `Connection`, and frames the body as the client's version of HTTP wants it. After a file or a
/// stream the connection ends, so that one which breaks off, as a file that becomes shorter does,
/// is not taken for the whole.
///
/// Blocking       `rest` reads a file from the disk.
ASYNCJOBS_HTTP_DECL WireMessage to_wire(Response response, bool http_1_1, bool keep_alive);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
