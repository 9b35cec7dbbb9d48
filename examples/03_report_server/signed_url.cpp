#include "signed_url.hpp"

#include <openssl/crypto.h>

#include <algorithm>
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

bool is_unreserved(char character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') ||
           std::string_view{"-._~"}.find(character) != std::string_view::npos;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view upper_digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        if (is_unreserved(character)) {
            encoded += character;
            continue;
        }
        const auto code = static_cast<unsigned char>(character);
        encoded += '%';
        encoded += upper_digits[code >> 4u];
        encoded += upper_digits[code & 15u];
    }
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t index = 0; index < text.size(); ++index) {
        unsigned char code = 0;
        const char* const digits = text.data() + index + 1;
        if (text[index] == '%' && text.size() - index > 2 &&
            std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
            decoded += static_cast<char>(code);
            index += 2;
        } else {
            decoded += text[index] == '+' ? ' ' : text[index];
        }
    }
    return decoded;
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

std::vector<QueryParameter> parse_query(std::string_view query) {
    std::vector<QueryParameter> parameters;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        parameters.emplace_back(percent_decoded(pair.substr(0, equals)), percent_decoded(value));
    }
    return parameters;
}

std::string UrlSigner::sign(std::string_view path, std::string_view owner,
                            std::chrono::sys_seconds expires_at) const {
    if (!is_signable_path(path))
        throw std::invalid_argument{"not a path to sign: '" + std::string{path} + "'"};
    const std::string expires = std::to_string(expires_at.time_since_epoch().count());
    std::string url{path};
    url += "?expires=" + expires;
    url += "&owner=" + percent_encoded(owner);
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
