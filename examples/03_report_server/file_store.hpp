#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace report_server {

struct StoredFile {
    std::string key;
    std::filesystem::path path;
    std::uint64_t size_bytes = 0;
};

struct FileStoreOptions {
    /// A temporary file older than this was left by a process that died; a writer that takes
    /// longer would lose its file.
    std::chrono::seconds stale_after = std::chrono::hours{6};
};

/// Finished files in one directory, each under a key that nobody can guess (see file_key.hpp).
/// A file appears under its key at once and complete, or not at all, also after a power failure.
///
/// Thread-safety: all members may be called from many threads and processes at once.
/// Ownership: the directory, which is created for its owner only; files in it that have neither
/// the name of a key nor of a temporary file are never touched.
/// Errors: `std::system_error` from the file system, as far as a member says nothing else.
class FileStore {
public:
    /// Writes the whole content of a file to the path it is given.
    using Writer = std::function<void(const std::filesystem::path&)>;

    /// Creates the directory where it is missing, and sweeps stale temporary files.
    explicit FileStore(std::filesystem::path directory, FileStoreOptions options = {});

    /// Stores what `write` produces under a new random key. What `write` throws reaches the caller
    /// and nothing is stored; a writer that produces no file is a `std::runtime_error`.
    StoredFile create(std::string_view extension, const Writer& write) const;

    /// The same under a key of the caller's choice, in place of an earlier file of that key.
    /// Throws `std::invalid_argument` when `key` is none.
    StoredFile replace(std::string_view key, const Writer& write) const;

    /// Nothing when there is no such file, also when `key` is not a key.
    std::optional<StoredFile> find(std::string_view key) const;

    /// False when there was no such file, also when `key` is not a key.
    bool remove(std::string_view key) const;

    /// Removes the files last written more than `age` ago; returns their number.
    std::size_t remove_older_than(std::chrono::seconds age) const;

    /// Removes stale temporary files; returns their number.
    std::size_t sweep() const;

private:
    std::filesystem::path directory_;
    FileStoreOptions options_;
};

} // namespace report_server
