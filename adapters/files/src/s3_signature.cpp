#include "s3_signature.hpp"

#include "file_key.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string date_of(const S3Signer& signer) { return fmt::format("{:%Y%m%d}", signer.at); }
std::string time_of(const S3Signer& signer) { return fmt::format("{:%Y%m%dT%H%M%SZ}", signer.at); }

std::string scope_of(const S3Signer& signer) {
    return fmt::format("{}/{}/s3/aws4_request", date_of(signer), signer.region);
}

std::string credential_of(const S3Signer& signer) {
    return signer.credentials.access_key_id + '/' + scope_of(signer);
}

std::string canonical_query(const Fields& query) {
    Fields encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(percent_encoded(name), percent_encoded(value));
    std::sort(encoded.begin(), encoded.end());
    std::string text;
    for (const auto& [name, value] : encoded)
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
    return text;
}

/// Trims blanks, and collapses runs of them to one.
std::string canonical_value(std::string_view value) {
    std::string text;
    for (const char c : value)
        if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

Fields sorted(Fields headers) {
    std::sort(headers.begin(), headers.end());
    return headers;
}

std::string signed_headers(const Fields& headers) {
    std::string names;
    for (const auto& [name, value] : sorted(headers)) names += (names.empty() ? "" : ";") + name;
    return names;
}

std::string signature_of(const S3Signer& signer, const S3Request& request) {
    return signature(signer, string_to_sign(signer, canonical_request(request)));
}

} // namespace

std::string canonical_request(const S3Request& request) {
    std::string headers;
    for (const auto& [name, value] : sorted(request.headers))
        headers += fmt::format("{}:{}\n", name, canonical_value(value));
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                       canonical_query(request.query), headers, signed_headers(request.headers),
                       request.payload_hash);
}

std::string string_to_sign(const S3Signer& signer, std::string_view canonical) {
    return fmt::format("{}\n{}\n{}\n{}", algorithm, time_of(signer), scope_of(signer),
                       support::to_hex(support::sha256(canonical)));
}

std::string signature(const S3Signer& signer, std::string_view text) {
    using support::bytes_of;
    auto key = support::hmac_sha256("AWS4" + signer.credentials.secret_access_key, date_of(signer));
    for (const std::string_view part : {std::string_view(signer.region), std::string_view("s3"),
                                        std::string_view("aws4_request")})
        key = support::hmac_sha256(bytes_of(key), part);
    return support::to_hex(support::hmac_sha256(bytes_of(key), text));
}

S3Request signed_request(const S3Signer& signer, S3Request request) {
    request.headers.emplace_back("x-amz-content-sha256", request.payload_hash);
    request.headers.emplace_back("x-amz-date", time_of(signer));
    if (const auto& token = signer.credentials.session_token; !token.empty())
        request.headers.emplace_back("x-amz-security-token", token);
    auto authorization = fmt::format("{} Credential={},SignedHeaders={},Signature={}", algorithm,
                                     credential_of(signer), signed_headers(request.headers),
                                     signature_of(signer, request));
    request.headers.emplace_back("authorization", std::move(authorization));
    return request;
}

std::string presigned_target(const S3Signer& signer, S3Request request,
                             std::chrono::seconds expires_in) {
    request.query.emplace_back("X-Amz-Algorithm", algorithm);
    request.query.emplace_back("X-Amz-Credential", credential_of(signer));
    request.query.emplace_back("X-Amz-Date", time_of(signer));
    request.query.emplace_back("X-Amz-Expires", std::to_string(expires_in.count()));
    if (const auto& token = signer.credentials.session_token; !token.empty())
        request.query.emplace_back("X-Amz-Security-Token", token);
    request.query.emplace_back("X-Amz-SignedHeaders", signed_headers(request.headers));
    request.query.emplace_back("X-Amz-Signature", signature_of(signer, request));
    return target_of(request);
}

std::string target_of(const S3Request& request) {
    return request.query.empty() ? request.path
                                 : request.path + '?' + canonical_query(request.query);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
