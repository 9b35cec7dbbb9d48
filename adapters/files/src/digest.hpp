#pragma once

#include <asyncjobs/files/secret.hpp>

#include <filesystem>
#include <string>
#include <string_view>

/// Errors  std::runtime_error when the cryptographic library fails.
namespace asyncjobs::inline ASYNCJOBS_ABI::files {

Digest sha256(std::string_view bytes);

/// Throws std::system_error when the file can't be read.
Digest sha256_of(const std::filesystem::path& file);

Digest hmac_sha256(std::string_view key, std::string_view message);

inline std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Hexadecimal digits in lower case.
std::string hex(std::string_view bytes);
inline std::string hex(const Digest& digest) { return hex(bytes_of(digest)); }

std::string random_bytes(std::size_t count);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
