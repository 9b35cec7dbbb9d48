#pragma once

#include <asyncjobs/time.hpp>

#include <filesystem>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The path of a temporary file that is removed at the latest when this is destroyed.
///
/// Ownership  The file; not the directory.
class ScratchFile {
public:
    /// Creates no file yet, but the directory, for its owner only, where it is missing.
    explicit ScratchFile(const std::filesystem::path& directory);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Removes those in `directory` that were last written more than `age` ago: their processes
    /// have died.
    static void sweep(const std::filesystem::path& directory, Duration age);

private:
    std::filesystem::path path_;
};

/// For its owner only, where it is missing.
void create_private_directory(const std::filesystem::path& directory);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
