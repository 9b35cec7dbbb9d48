#pragma once

#include <asyncjobs/http/headers.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace asyncjobs::http {

/// What a server has read: all of it, with the transfer coding removed.
struct Request {
    std::string method = {};
    std::string target = {}; ///< in origin form, as it was sent: `/v1/jobs?limit=10`
    Headers headers = {};
    std::string body = {};
    std::string remote_address = {}; ///< of the peer, for logs and authenticators
};

/// A part of a file, to be read while it is sent.
struct FileBody {
    std::string path = {};
    std::uint64_t offset = 0;
    std::uint64_t length = 0; ///< bytes; the file must have them from `offset` on
};

/// What is sent after the head. More alternatives may come: visit it, and refuse what you don't
/// know.
using Body = std::variant<std::string, FileBody>;

/// What a server has to write. A response of JobApi is complete: Content-Length is set wherever
/// HTTP wants one, and an answer to HEAD has no body any more. The server adds its `Date` and
/// `Connection`.
struct Response {
    unsigned status = 200;
    Headers headers = {};
    Body body = {};
};

/// In bytes.
std::uint64_t body_length(const Body& body) noexcept;

/// `Not Found` for 404.
std::string_view reason_phrase(unsigned status) noexcept;

} // namespace asyncjobs::http
