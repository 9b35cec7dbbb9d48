#pragma once

#include <asyncjobs/config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// A key to verify signatures with, and its one algorithm: a token can't select another.
///
/// Thread-safety  Full: immutable.
/// Ownership      Copies share the key.
/// Errors         Error (Errc::invalid_argument) that names the rule that a key breaks, without any
///                secret.
class ASYNCJOBS_AUTH_DECL JwtKey {
public:
    /// HMAC with SHA-256; `secret` must have at least 32 bytes.
    static JwtKey hs256(std::string secret, std::string kid = {});

    /// RSASSA-PKCS1-v1_5 with SHA-256; `pem` is a public key (`BEGIN PUBLIC KEY`) of at least 2048
    /// bits.
    static JwtKey rs256(std::string_view pem, std::string kid = {});

    /// ECDSA with SHA-256; `pem` is a public key (`BEGIN PUBLIC KEY`) on the curve P-256.
    static JwtKey es256(std::string_view pem, std::string kid = {});

    /// The usable keys of a JWK set (RFC 7517), at least one. Skips keys of another type, curve or
    /// `alg`, and those whose `use` or `key_ops` excludes signatures. RSA and P-256 keys need no
    /// `alg`; a secret must have `HS256`.
    static std::vector<JwtKey> from_jwks(std::string_view document);

    const std::string& kid() const noexcept;     ///< empty: none
    std::string_view algorithm() const noexcept; ///< `HS256`, `RS256`, `ES256`

    /// Whether `signature`, in the byte format of JWTs, is this key's signature of `message`.
    bool verifies(std::string_view message, std::string_view signature) const;

private:
    struct Key;
    explicit JwtKey(Key key);
    std::shared_ptr<const Key> key_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
