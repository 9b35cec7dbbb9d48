#pragma once

#include <asyncjobs/config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// A key that signatures are checked with, and the one algorithm that it is for: no token can ask
/// for another.
///
/// Thread-safety  Full: immutable.
/// Ownership      Copies share the key.
/// Errors         Error (Errc::invalid_argument) that says what is wrong with a key, and nothing
///                of a secret.
class ASYNCJOBS_AUTH_DECL JwtKey {
public:
    /// HMAC with SHA-256; the secret has at least 32 bytes.
    static JwtKey hs256(std::string secret, std::string kid = {});

    /// RSASSA-PKCS1-v1_5 with SHA-256; `pem` is a public key (`BEGIN PUBLIC KEY`) of 2048 bits at
    /// the least.
    static JwtKey rs256(std::string_view pem, std::string kid = {});

    /// ECDSA with SHA-256; `pem` is a public key (`BEGIN PUBLIC KEY`) on the curve P-256.
    static JwtKey es256(std::string_view pem, std::string kid = {});

    /// The keys of a JWK set (RFC 7517), at least one. Those for something else are left out: of
    /// another type, curve or `alg`, or not for signatures by `use` or `key_ops`. RSA and P-256
    /// keys need no `alg`; a secret must say `HS256`.
    static std::vector<JwtKey> from_jwks(std::string_view document);

    const std::string& kid() const noexcept;     ///< empty: the key has none
    std::string_view algorithm() const noexcept; ///< `HS256`, `RS256`, `ES256`

    /// Whether `signature`, its bytes as JWTs have them, is this key's of `message`.
    bool verifies(std::string_view message, std::string_view signature) const;

private:
    struct Key;
    explicit JwtKey(Key key);
    std::shared_ptr<const Key> key_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
