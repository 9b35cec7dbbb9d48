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

/// A complete request, with the transfer coding removed.
struct Request {
    std::string method = {};
    std::string target = {}; ///< in origin form, as it was sent: `/v1/jobs?limit=10`
    Headers headers = {};
    std::string body = {};
    /// Of the peer: the client, or a proxy in front of it. JobApi converts an IPv4-mapped IPv6
    /// address to IPv4.
    std::string remote_address = {};
    /// Of the client; JobApi determines and sets it (ApiOptions::trusted_proxies).
    std::string client_address = {};
};

/// A part of an open file, read while it is sent, even if its name has been removed by then.
struct FileBody {
    std::shared_ptr<std::istream> file = {}; ///< at the part's first byte
    std::uint64_t length = 0;                ///< bytes; a shorter file breaks the response off
};

/// A body in pieces, without a known end: a server requests the next piece when it has written the
/// last one, so that a slow reader costs no memory.
///
/// Thread-safety  next() is called by one thread at a time, and only after the previous piece was
///                delivered.
/// Ownership      Destroying it ends it; not from within a delivery. It may outlive its JobApi, and
///                ends with it.
class ASYNCJOBS_HTTP_DECL BodyStream {
public:
    /// Receives the next piece, which is not empty; std::nullopt at the end.
    using Deliver = std::function<void(std::optional<std::string>)>;

    BodyStream() = default;
    virtual ~BodyStream() = default;
    BodyStream(const BodyStream&) = delete;
    BodyStream& operator=(const BodyStream&) = delete;

    /// Calls `deliver` once, within the call or later, from any thread. `deliver` must neither
    /// block nor throw.
    ///
    /// Errors  Throws if the body can't be completed. The server then breaks the response off: it
    ///         closes the connection without a last chunk.
    virtual void next(Deliver deliver) = 0;
};

/// What is sent after the head. Alternatives may be added: visit it, and refuse unknown ones.
using Body = std::variant<std::string, FileBody, std::shared_ptr<BodyStream>>;

/// A response for a server to write. JobApi's responses are complete: Content-Length is set
/// wherever HTTP requires it, and a response to HEAD has no body. The server adds `Date` and
/// `Connection`, and frames a stream: in chunks, or by closing the connection.
struct Response {
    unsigned status = 200;
    Headers headers = {};
    Body body = {};
    /// Counts the body against ApiOptions::response_memory_limit: keep it until the body is
    /// written.
    std::shared_ptr<void> memory = {};
};

/// The key by which limits per address count: the /64 network of an IPv6 address, since one client
/// usually has all of it; any other address itself.
ASYNCJOBS_HTTP_DECL std::string network_of(const std::string& address);

/// In bytes; empty for a stream, whose length is unknown.
ASYNCJOBS_HTTP_DECL std::optional<std::uint64_t> body_length(const Body& body) noexcept;

/// `Not Found` for 404.
ASYNCJOBS_HTTP_DECL std::string_view reason_phrase(unsigned status) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
