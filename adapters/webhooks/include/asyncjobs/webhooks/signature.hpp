#pragma once

#include <asyncjobs/config.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

/// Signatures of Standard Webhooks 1.0.0.
///
/// Thread-safety  Full.
/// Errors         Error (Errc::invalid_argument) for an invalid secret; its message does not
///                contain the secret.
namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Makes a secret: `whsec_`, and 32 random bytes in base64.
ASYNCJOBS_WEBHOOKS_DECL std::string make_secret();

/// Throws unless `secret` is `whsec_` and the base64 of 24-64 bytes.
ASYNCJOBS_WEBHOOKS_DECL void check_secret(std::string_view secret);

/// The value of `webhook-signature`: one signature a secret. A receiver computes the signature of
/// its own secret and compares it with each of them.
ASYNCJOBS_WEBHOOKS_DECL std::string sign(std::string_view id, std::chrono::sys_seconds at,
                                         std::string_view body,
                                         std::span<const std::string> secrets);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
