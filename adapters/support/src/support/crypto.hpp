#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

/// OpenSSL's digests, random bytes and comparison.
///
/// Errors  Error (Errc::overloaded) if the cryptographic library fails, which lacks memory or
///         entropy then.
namespace asyncjobs::inline ASYNCJOBS_ABI::support {

/// A hash of 256 bits.
using Digest = std::array<unsigned char, 32>;

/// The SHA-256 of a text that comes in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::string_view bytes);
    /// Nothing may be added afterwards.
    Digest finish();

private:
    struct Context;
    const std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view message);

/// Takes the same time wherever two texts of the same size differ.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

std::string random_bytes(std::size_t count);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
