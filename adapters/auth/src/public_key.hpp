#pragma once

#include <asyncjobs/config.hpp>

#include <openssl/types.h>

#include <memory>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// An OpenSSL key. Shared: verifying only reads it, from any thread.
using PublicKey = std::shared_ptr<EVP_PKEY>;

/// Each throws std::invalid_argument that names the rule that the key breaks.
PublicKey rsa_from_pem(std::string_view pem);
PublicKey p256_from_pem(std::string_view pem);
/// Makes a key from big-endian numbers.
PublicKey rsa_from_numbers(std::string_view modulus, std::string_view exponent);
/// Makes a key from the coordinates, 32 bytes each.
PublicKey p256_from_point(std::string_view x, std::string_view y);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
