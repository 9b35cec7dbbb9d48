#pragma once

#include <asyncjobs/config.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

/// Signatures as Standard Webhooks 1.0.0 has them.
///
/// Thread-safety  Full.
/// Errors         Error (Errc::invalid_argument) for what is no secret; its message does not hold
///                it.
namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// A fresh one: `whsec_`, and 32 random bytes in base64.
ASYNCJOBS_WEBHOOKS_DECL std::string make_secret();

/// Throws unless `secret` is `whsec_` and the base64 of 24-64 bytes.
ASYNCJOBS_WEBHOOKS_DECL void check_secret(std::string_view secret);

/// The value of `webhook-signature`: one signature a secret. A receiver that makes it for its own
/// secret finds it among them.
ASYNCJOBS_WEBHOOKS_DECL std::string sign(std::string_view id, std::chrono::sys_seconds at,
                                         std::string_view body,
                                         std::span<const std::string> secrets);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
