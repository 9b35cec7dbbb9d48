#include "signed_url.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <openssl/crypto.h>

#include <charconv>
#include <optional>
#include <stdexcept>

namespace report_server {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_signable_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    for (const char character : path) {
        const auto code = static_cast<unsigned char>(character);
        if (code <= ' ' || code >= 0x7f || character == '?' || character == '#') return false;
    }
    return true;
}

/// Length-prefixed, so that no two lists of fields give the same message.
void append_field(std::string& message, std::string_view field) {
    message += std::to_string(field.size());
    message += ':';
    message += field;
}

std::optional<std::string_view> only_value(std::span<const QueryParameter> parameters,
                                           std::string_view name) {
    std::optional<std::string_view> value;
    for (const auto& [key, text] : parameters) {
        if (key != name) continue;
        if (value) return std::nullopt;
        value = text;
    }
    return value;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

} // namespace

std::string UrlSigner::sign(std::string_view path, std::string_view owner,
                            std::chrono::sys_seconds expires_at) const {
    if (!is_signable_path(path))
        throw std::invalid_argument{"not a path to sign: '" + std::string{path} + "'"};
    const std::string expires = std::to_string(expires_at.time_since_epoch().count());
    std::string url{path};
    url += "?expires=" + expires;
    url += "&owner=" + boost::urls::encode(owner, boost::urls::unreserved_chars);
    url += "&signature=" + signature("GET", path, owner, expires);
    return url;
}

SignatureCheck UrlSigner::verify(std::string_view method, std::string_view path,
                                 std::span<const QueryParameter> parameters,
                                 std::chrono::sys_seconds now) const {
    const auto expires = only_value(parameters, "expires");
    const auto owner = only_value(parameters, "owner");
    const auto given = only_value(parameters, "signature");
    if (!expires || !owner || !given || parameters.size() != 3) return SignatureCheck::tampered;

    const std::string_view signed_method = method == "HEAD" ? "GET" : method;
    if (signed_method != "GET" ||
        !equal_in_constant_time(*given, signature(signed_method, path, *owner, *expires)))
        return SignatureCheck::tampered;

    std::chrono::sys_seconds::rep seconds = 0;
    const char* const last = expires->data() + expires->size();
    const auto [end, error] = std::from_chars(expires->data(), last, seconds);
    if (error != std::errc{} || end != last) return SignatureCheck::tampered;
    return now.time_since_epoch().count() < seconds ? SignatureCheck::valid
                                                    : SignatureCheck::expired;
}

std::string UrlSigner::signature(std::string_view method, std::string_view path,
                                 std::string_view owner, std::string_view expires) const {
    std::string message = "download-link";
    for (const std::string_view field : {method, path, owner, expires})
        append_field(message, field);
    std::string hex;
    for (const unsigned char byte : hmac_sha256(secret_, message)) {
        hex += hex_digits[byte >> 4u];
        hex += hex_digits[byte & 15u];
    }
    return hex;
}

} // namespace report_server
