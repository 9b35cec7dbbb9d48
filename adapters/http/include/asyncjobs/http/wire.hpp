#pragma once

#include <asyncjobs/http/message.hpp>

#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A response as it is written to a connection.
struct WireMessage {
    std::string start = {}; ///< status line, fields, and the body if it is a string
    /// The rest of the body, each piece framed and ready to send; null if none.
    std::shared_ptr<BodyStream> rest = {};
    std::shared_ptr<void> memory = {}; ///< the response's: keep it until `start` is sent
    bool keep_alive = true;            ///< false: close the connection after the last byte
};

/// For servers without a writer that sends fields unchanged: adds `Date` and `Connection`, and
/// frames the body for the client's HTTP version. The connection closes after a file or a stream,
/// so that a truncated one, such as a file that has become shorter, is not taken for the whole.
/// `rest` does not throw for it, but ends without a last chunk.
///
/// Blocking       `rest` reads a file from the disk.
ASYNCJOBS_HTTP_DECL WireMessage to_wire(Response response, bool http_1_1, bool keep_alive);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
