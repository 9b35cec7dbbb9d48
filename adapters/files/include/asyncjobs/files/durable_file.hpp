#pragma once

#include <asyncjobs/config.hpp>

#include <filesystem>
#include <string_view>

/// Files that are either complete or absent, whatever fails in between.
///
/// Thread-safety  Full.
/// Errors         std::system_error that names the file, such as one for a full disk.
namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// Writes `bytes` as the whole content of `file` and waits until they are durable. On failure no
/// such file remains.
ASYNCJOBS_FILES_DECL void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Waits until the content of `file`, however it was written, is durable.
ASYNCJOBS_FILES_DECL void sync_file(const std::filesystem::path& file);

/// Gives a finished file its final name, replacing a file of that name, so that both survive a
/// power failure: content first, then the name.
ASYNCJOBS_FILES_DECL void publish_file(const std::filesystem::path& finished,
                                       const std::filesystem::path& target);

/// Waits until names created in or removed from `directory` are durable.
ASYNCJOBS_FILES_DECL void sync_directory(const std::filesystem::path& directory);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
