#pragma once

#include <asyncjobs/auth/jwt_key.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/time.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Which tokens are accepted, and which principals they name. Made for designated initialisers.
struct JwtOptions {
    std::string issuer = {};   ///< what `iss` must be
    bool any_issuer = false;   ///< instead of an issuer
    std::string audience = {}; ///< what `aud` must be or contain
    bool any_audience = false; ///< instead of an audience: accepts tokens for other services, too

    TimeSpan leeway = std::chrono::seconds{30}; ///< 0 - 10 min; by how much clocks may differ
    std::function<Timestamp()> clock = {};      ///< called from any thread; empty: the system's

    std::string owner_claim = "sub"; ///< a string; becomes Principal::owner
    /// Becomes Principal::roles: an array of strings, or one string separated by blanks, like
    /// `scope`. A token without it has no roles.
    std::string roles_claim = "roles";

    std::size_t max_token_size = 8192; ///< bytes, 256-65536; a longer one is invalid
};

/// An http::Authenticator by signed JSON Web Tokens (RFC 7519), `Authorization: Bearer TOKEN`.
///
/// A token is accepted if a key for its `alg` and `kid` verifies it, `iss` and `aud` match the
/// options, `exp` is present and has not passed, `nbf` and `iat` are absent or have passed, `typ`
/// is absent, `JWT` or `at+jwt`, and `crit` is absent. A key without `kid` fits tokens with any
/// `kid`, and a token without `kid` fits any key. Every other token is invalid.
///
/// Thread-safety  Full.
/// Ownership      Copies share their keys: JobApi has one, the host keeps one to replace_keys().
/// Errors         Error (Errc::invalid_argument) that names the option, its value and the rule.
class ASYNCJOBS_AUTH_DECL JwtAuthenticator {
public:
    /// 1-100 keys.
    JwtAuthenticator(std::vector<JwtKey> keys, JwtOptions options);

    /// Replaces the keys, from the next request on.
    void replace_keys(std::vector<JwtKey> keys);

    /// Returns the caller that the request's token names; empty if the token is missing or invalid.
    std::optional<http::Principal> operator()(const http::Request& request) const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
