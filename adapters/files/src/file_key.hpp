#pragma once

#include <asyncjobs/files/file_store.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// Encodes every byte except `A-Z a-z 0-9 - . _ ~` as %XX.
std::string percent_encoded(std::string_view text);

/// Likewise, except slashes.
std::string encoded_path(std::string_view path);

/// `key` as one segment of a URL's path, made of `A-Z a-z 0-9 - . _ ~` only: `~XX` for any other
/// byte and for `~`. No proxy decodes or changes it, as many do with `%2F`.
std::string link_segment(std::string_view key);

/// The key for which link_segment() returns `segment`; empty if none exists.
std::optional<std::string> key_of_segment(std::string_view segment);

bool is_key(std::string_view text);

/// Both throw Error (Errc::invalid_argument) that names the value and the rule.
void check_key(std::string_view key);
void validate(const FileInfo& info);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
