#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#ifndef _WIN32
#include <sys/stat.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Identifies a file. Unique while the file is open.
struct FileIdentity {
#ifndef _WIN32
    dev_t device = 0;
    ino_t number = 0;
#endif

    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Returns empty if the file does not exist. On Windows all files have the same identity, as an
/// open file can't be removed or replaced.
std::optional<FileIdentity> identity_of(const std::string& path);

/// Detects that a file of an open database was removed or replaced, as later writes to it are lost:
/// the database, its log (`-wal`), or the log's index (`-shm`), which holds the locks.
///
/// SQLite itself removes the last two when the last connection is closed, so they are checked only
/// while a connection is reported here.
///
/// Thread-safety  Full.
class SqliteFiles {
public:
    /// A connection has read the database, so that all files exist. `path` is the host's,
    /// `resolved` SQLite's, which follows links.
    void opened(const std::string& path, const std::string& resolved);
    /// Such a connection is about to be closed.
    void closing() noexcept;

    /// Whether a connection was ever reported.
    bool are_known() const;
    /// Returns the log's path, if known.
    std::string log() const;

    /// Throws Errc::store_unavailable, which names the file.
    void check() const;

private:
    struct File {
        std::string path = {};
        std::optional<FileIdentity> identity = {};
    };

    mutable std::mutex mutex_;
    File database_;
    std::array<File, 2> beside_; ///< the log first
    std::size_t connections_ = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
