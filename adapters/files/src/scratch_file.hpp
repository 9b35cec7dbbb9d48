#pragma once

#include <asyncjobs/time.hpp>

#include <filesystem>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The path of a temporary file, which is removed when this is destroyed, if it still exists.
///
/// Ownership  The file; not the directory.
class ScratchFile {
public:
    /// Creates no file, but the directory, for its owner only, if missing.
    explicit ScratchFile(const std::filesystem::path& directory);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Removes those in `directory` that were last written more than `age` ago: their processes
    /// have crashed.
    static void sweep(const std::filesystem::path& directory, Duration age);

private:
    std::filesystem::path path_;
};

/// Creates the directory, for its owner only, if missing.
void create_private_directory(const std::filesystem::path& directory);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
