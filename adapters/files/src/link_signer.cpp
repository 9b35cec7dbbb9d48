#include "link_signer.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

/// Length-prefixed, so that no two links give the same message.
std::string signature_of(const Secret& secret, std::string_view key, std::string_view expires) {
    return support::to_hex(
        hmac_sha256(secret, fmt::format("asyncjobs file link {}:{} {}:{}", key.size(), key,
                                        expires.size(), expires)));
}

} // namespace

LinkSigner::LinkSigner(std::vector<Secret> secrets) : secrets_(std::move(secrets)) {
    if (secrets_.empty())
        throw Error(Errc::invalid_argument, "secrets is empty, but must hold at least one");
}

std::string LinkSigner::query(std::string_view key, std::chrono::sys_seconds expires_at) const {
    const auto expires = std::to_string(expires_at.time_since_epoch().count());
    return fmt::format("expires={}&signature={}", expires,
                       signature_of(secrets_.front(), key, expires));
}

LinkCheck LinkSigner::check(std::string_view key, std::string_view expires,
                            std::string_view signature, Timestamp now) const {
    bool is_ours = false;
    for (const auto& secret : secrets_)
        is_ours |= support::equal_in_constant_time(signature, signature_of(secret, key, expires));
    std::chrono::seconds::rep seconds = 0;
    const char* const last = expires.data() + expires.size();
    const auto [end, error] = std::from_chars(expires.data(), last, seconds);
    if (!is_ours || error != std::errc() || end != last) return LinkCheck::forged;
    return now < std::chrono::sys_seconds(std::chrono::seconds(seconds)) ? LinkCheck::valid
                                                                         : LinkCheck::expired;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
