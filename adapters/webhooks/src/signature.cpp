#include <asyncjobs/webhooks/signature.hpp>

#include <asyncjobs/error.hpp>

#include <fmt/format.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t fewest = 24, most = 64; ///< bytes of a secret

std::string key_of(std::string_view secret) {
    const bool has_prefix = secret.starts_with(prefix);
    const auto key = has_prefix && secret.size() <= 4 * most
                         ? support::from_base64(secret.substr(prefix.size()))
                         : std::nullopt;
    if (!key || key->size() < fewest || key->size() > most)
        throw Error(Errc::invalid_argument,
                    fmt::format("a secret must be {} and the base64 of {} to {} bytes", prefix,
                                fewest, most));
    return *key;
}

} // namespace

std::string make_secret() {
    constexpr std::size_t bytes = 32;
    return std::string(prefix) + support::to_base64(support::random_bytes(bytes));
}

void check_secret(std::string_view secret) { key_of(secret); }

std::string sign(std::string_view id, std::chrono::sys_seconds at, std::string_view body,
                 std::span<const std::string> secrets) {
    const auto text = fmt::format("{}.{}.{}", id, at.time_since_epoch().count(), body);
    std::string signatures;
    for (const auto& secret : secrets) {
        const auto digest = support::hmac_sha256(key_of(secret), text);
        if (!signatures.empty()) signatures += ' ';
        signatures += "v1," + support::to_base64(support::bytes_of(digest));
    }
    return signatures;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
