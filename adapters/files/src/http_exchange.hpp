#pragma once

#include "s3_signature.hpp"

#include <support/http_client.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The address of a server.
struct Endpoint {
    bool is_encrypted = true;
    std::string host = {}; ///< to resolve, and to match with its certificate
    std::uint16_t port = 443;
    std::string authority = {}; ///< the host, with the port unless it is the default
};

/// HTTPS connections trust the certificates in `ca_file`, or the system's if it is empty. `timeout`
/// bounds each step: connecting, a part of the body, the response.
///
/// Errors  Error (Errc::invalid_argument) for a file that holds no certificates.
support::HttpClient make_http_client(const std::string& ca_file, Duration timeout);

/// Sends a request, with the content of `file`, if any, as its body.
///
/// Errors  Error (Errc::store_unavailable), without content of the request; Errc::store_failure for
///         a file that can't be opened.
support::HttpResponse exchange(const support::HttpClient& client, const Endpoint& endpoint,
                               const S3Request& request,
                               const std::optional<std::filesystem::path>& file);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
