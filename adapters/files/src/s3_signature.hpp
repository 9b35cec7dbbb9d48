#pragma once

#include <asyncjobs/files/s3_file_store.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// AWS Signature Version 4, as S3 has it. Pure functions.
namespace asyncjobs::inline ASYNCJOBS_ABI::files {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// As much of a request as is signed.
struct S3Request {
    std::string method = "GET";
    std::string path = "/"; ///< percent-encoded
    Fields query = {};      ///< decoded
    Fields headers = {};    ///< names in lower case; `host` is among them
    std::string payload_hash = "UNSIGNED-PAYLOAD";
};

/// Who signs, for where, and when.
struct S3Signer {
    S3Credentials credentials = {};
    std::string region = {};
    std::chrono::sys_seconds at = {};
};

std::string canonical_request(const S3Request& request);
std::string string_to_sign(const S3Signer& signer, std::string_view canonical_request);
std::string signature(const S3Signer& signer, std::string_view string_to_sign);

/// The request with what a server needs to check it among its headers.
S3Request signed_request(const S3Signer& signer, S3Request request);

/// Path and query of the request, for whoever holds them until it expires.
std::string presigned_target(const S3Signer& signer, S3Request request,
                             std::chrono::seconds expires_in);

/// Path and query.
std::string target_of(const S3Request& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
