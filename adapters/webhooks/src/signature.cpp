#include <asyncjobs/webhooks/signature.hpp>

#include <asyncjobs/error.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t fewest = 24, most = 64; ///< bytes of a secret

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(std::span<const unsigned char> bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0'); // OpenSSL ends it with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

/// Empty if `text` is not canonical base64.
Bytes from_base64(std::string_view text) {
    Bytes bytes(text.size() / 4 * 3);
    const int length = EVP_DecodeBlock(bytes.data(), bytes_of(text), static_cast<int>(text.size()));
    const auto padding = text.size() - (text.find_last_not_of('=') + 1);
    if (length != static_cast<int>(bytes.size()) || padding > 2) return {};
    bytes.resize(bytes.size() - padding);
    // OpenSSL accepts blanks and stray bits.
    return to_base64(bytes) == text ? bytes : Bytes();
}

Bytes key_of(std::string_view secret) {
    const bool has_prefix = secret.starts_with(prefix);
    auto key = has_prefix && secret.size() <= 4 * most ? from_base64(secret.substr(prefix.size()))
                                                       : Bytes();
    if (key.size() < fewest || key.size() > most)
        throw Error(Errc::invalid_argument,
                    fmt::format("a secret must be {} and the base64 of {} to {} bytes", prefix,
                                fewest, most));
    return key;
}

} // namespace

std::string make_secret() {
    std::array<unsigned char, 32> key{};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
        throw Error(Errc::overloaded, "the random generator failed");
    return std::string(prefix) + to_base64(key);
}

void check_secret(std::string_view secret) { key_of(secret); }

std::string sign(std::string_view id, std::chrono::sys_seconds at, std::string_view body,
                 std::span<const std::string> secrets) {
    const auto text = fmt::format("{}.{}.{}", id, at.time_since_epoch().count(), body);
    std::string signatures;
    for (const auto& secret : secrets) {
        const auto key = key_of(secret);
        std::array<unsigned char, 32> digest{};
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
             digest.data(), nullptr);
        if (!signatures.empty()) signatures += ' ';
        signatures += "v1," + to_base64(digest);
    }
    return signatures;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
