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

/// Reads the secret that `file` holds; creates the file first, for its owner's eyes only, where
/// there is none. Processes that start at the same moment all get the same secret.
///
/// Errors  std::system_error when the file can't be read or created; Error (Errc::invalid_argument)
///         when it isn't a secret of this size or others than its owner may read or write it.
ASYNCJOBS_FILES_DECL Secret load_or_create_secret(const std::filesystem::path& file);

using Digest = std::array<unsigned char, 32>;

/// Throws std::runtime_error when the cryptographic library fails.
ASYNCJOBS_FILES_DECL Digest hmac_sha256(const Secret& secret, std::string_view message);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
