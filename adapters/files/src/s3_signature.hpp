#pragma once

#include <asyncjobs/files/s3_file_store.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// AWS Signature Version 4 for S3. Pure functions.
namespace asyncjobs::inline ASYNCJOBS_ABI::files {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The signed parts of a request.
struct S3Request {
    std::string method = "GET";
    std::string path = "/"; ///< percent-encoded
    Fields query = {};      ///< decoded
    Fields headers = {};    ///< names in lower case; `host` is among them
    std::string payload_hash = "UNSIGNED-PAYLOAD";
};

/// Credentials, region and time of a signature.
struct S3Signer {
    S3Credentials credentials = {};
    std::string region = {};
    std::chrono::sys_seconds at = {};
};

std::string canonical_request(const S3Request& request);
std::string string_to_sign(const S3Signer& signer, std::string_view canonical_request);
std::string signature(const S3Signer& signer, std::string_view text);

/// The request with the headers by which a server verifies it.
S3Request signed_request(const S3Signer& signer, S3Request request);

/// Path and query of the request, which any holder can use until it expires.
std::string presigned_target(const S3Signer& signer, S3Request request,
                             std::chrono::seconds expires_in);

/// Path and query.
std::string target_of(const S3Request& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
