#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <filesystem>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// A random key of 256 bits that never leaves the server.
struct Secret {
    std::array<unsigned char, 32> bytes{};
};

/// Reads the secret in `file`; creates the file first, readable by its owner only, if it is
/// missing. Processes that start at the same time get the same secret.
///
/// Errors  std::system_error if the file can't be read or created; Error (Errc::invalid_argument)
///         if it isn't a secret of this size or users other than its owner may read or write it.
ASYNCJOBS_FILES_DECL Secret load_or_create_secret(const std::filesystem::path& file);

/// A hash of 256 bits.
using Digest = std::array<unsigned char, 32>;

/// Throws Error (Errc::overloaded) if the cryptographic library fails.
ASYNCJOBS_FILES_DECL Digest hmac_sha256(const Secret& secret, std::string_view message);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
