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

/// Which file a path names. As long as somebody has it open, no other file has the same.
struct FileIdentity {
#ifndef _WIN32
    dev_t device = 0;
    ino_t number = 0;
#endif

    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Empty if there is no such file. On Windows all files are the same one, as none that is open can
/// be removed or replaced.
std::optional<FileIdentity> identity_of(const std::string& path);

/// Notices that a file of an open database was removed or replaced, whatever is written to which is
/// gone with it: the database, its log (`-wal`), or the index of that (`-shm`), which holds the
/// locks.
///
/// SQLite itself removes the last two when the last connection is closed, so they are looked at
/// while there is one that was reported here.
///
/// Thread-safety  Full.
class SqliteFiles {
public:
    /// A connection has read the database, so that all its files are there. `path` is as the host
    /// gave it, `resolved` what SQLite has made of that: links are followed.
    void opened(const std::string& path, const std::string& resolved);
    /// Such a connection is about to be closed.
    void closing() noexcept;

    /// Whether one was ever opened.
    bool are_known() const;
    /// The log's path, if they are known.
    std::string log() const;

    /// Throws Errc::store_unavailable that names the file.
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
