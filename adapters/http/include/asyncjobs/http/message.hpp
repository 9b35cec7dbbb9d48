#pragma once

#include <asyncjobs/http/headers.hpp>

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// What a server has read: all of it, with the transfer coding removed.
struct Request {
    std::string method = {};
    std::string target = {}; ///< in origin form, as it was sent: `/v1/jobs?limit=10`
    Headers headers = {};
    std::string body = {};
    /// Of the peer: a client's, or that of a proxy before it. JobApi writes an IPv4 address within
    /// an IPv6 one (`::ffff:192.0.2.1`) as the IPv4 address that it is.
    std::string remote_address = {};
    /// The client's own, which JobApi finds out (ApiOptions::trusted_proxies) and sets.
    std::string client_address = {};
};

/// A part of an open file, to be read while it is sent, also when it has lost its name by then.
struct FileBody {
    std::shared_ptr<std::istream> file = {}; ///< at the part's first byte
    std::uint64_t length = 0;                ///< bytes; a file that has fewer breaks off
};

/// A body that comes bit by bit for as long as it takes: a server asks for the next piece when it
/// has written the last one, so that a slow reader costs no memory.
///
/// Thread-safety  next() is called by one thread at a time, and not before the piece it asked for
///                last has come.
/// Ownership      Destroying it ends it; not from within a delivery. It may outlive its JobApi, and
///                ends with that.
class ASYNCJOBS_HTTP_DECL BodyStream {
public:
    /// The next piece, not empty; nothing: that was all.
    using Deliver = std::function<void(std::optional<std::string>)>;

    BodyStream() = default;
    virtual ~BodyStream() = default;
    BodyStream(const BodyStream&) = delete;
    BodyStream& operator=(const BodyStream&) = delete;

    /// Calls `deliver` once, at once or later, from any thread. It must neither block nor throw.
    virtual void next(Deliver deliver) = 0;
};

/// What is sent after the head. More alternatives may come: visit it, and refuse what you don't
/// know.
using Body = std::variant<std::string, FileBody, std::shared_ptr<BodyStream>>;

/// What a server has to write. A response of JobApi is complete: Content-Length is set wherever
/// HTTP wants one, and an answer to HEAD has no body any more. The server adds its `Date` and
/// `Connection`, and frames a stream: in chunks, or by closing the connection.
struct Response {
    unsigned status = 200;
    Headers headers = {};
    Body body = {};
    /// Counts the body among those that are being written (ApiOptions::response_memory_limit): to
    /// be kept until it is.
    std::shared_ptr<void> memory = {};
};

/// What limits of each address count: the /64 network of an IPv6 one, for who has one has all of
/// them as a rule; anything else as it is.
ASYNCJOBS_HTTP_DECL std::string network_of(const std::string& address);

/// In bytes; empty for a stream, whose length nobody knows.
ASYNCJOBS_HTTP_DECL std::optional<std::uint64_t> body_length(const Body& body) noexcept;

/// `Not Found` for 404.
ASYNCJOBS_HTTP_DECL std::string_view reason_phrase(unsigned status) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
