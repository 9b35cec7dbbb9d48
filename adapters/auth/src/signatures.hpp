#pragma once

#include "public_key.hpp"

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Whether `signature`, in the byte format of RFC 7518, is a signature of `message`.
bool hs256_verifies(std::string_view secret, std::string_view message, std::string_view signature);
bool rs256_verifies(EVP_PKEY& key, std::string_view message, std::string_view signature);
bool es256_verifies(EVP_PKEY& key, std::string_view message, std::string_view signature);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
