#pragma once

#include "s3_signature.hpp"

#include <asyncjobs/time.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace asyncjobs::files {

/// Where a server is reached.
struct Endpoint {
    bool is_encrypted = true;
    std::string host = {};      ///< that is resolved, and that its certificate must be for
    std::string port = {};      ///< a number
    std::string authority = {}; ///< the host and, unless it goes without saying, the port
};

struct HttpAnswer {
    unsigned status = 0;
    std::uint64_t content_length = 0;
    std::string body = {}; ///< of an error, and no more than its beginning
};

/// What HTTPS connections trust: the certificates in `ca_file`, or the system's if it is empty.
/// Throws Error (Errc::invalid_argument) for a file that holds none.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::string& ca_file);

/// Sends a request over a connection of its own, with `file` as its body if there is one, and
/// answers what came back. `timeout` bounds each step: connecting, a part of the body, the answer.
///
/// Errors  Error (Errc::store_unavailable), with no word of the request's in it.
HttpAnswer exchange(const Endpoint& endpoint, boost::asio::ssl::context& tls,
                    const S3Request& request, const std::optional<std::filesystem::path>& file,
                    Duration timeout);

} // namespace asyncjobs::files
