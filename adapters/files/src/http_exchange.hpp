#pragma once

#include "s3_signature.hpp"

#include <support/http_client.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// Where a server is reached.
struct Endpoint {
    bool is_encrypted = true;
    std::string host = {}; ///< that is resolved, and that its certificate must be for
    std::uint16_t port = 443;
    std::string authority = {}; ///< the host and, unless it goes without saying, the port
};

/// HTTPS connections trust the certificates in `ca_file`, or the system's if it is empty. `timeout`
/// bounds each step: connecting, a part of the body, the response.
///
/// Errors  Error (Errc::invalid_argument) for a file that holds no certificates.
support::HttpClient make_http_client(const std::string& ca_file, Duration timeout);

/// Sends a request, with the content of `file` as its body if there is one.
///
/// Errors  Error (Errc::store_unavailable), with no word of the request's in it;
///         Errc::store_failure for a file that can't be opened.
support::HttpResponse exchange(const support::HttpClient& client, const Endpoint& endpoint,
                               const S3Request& request,
                               const std::optional<std::filesystem::path>& file);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
