#pragma once

#include <asyncjobs/time.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The headers that a browser gets with a file.
struct FileInfo {
    std::string content_type = "application/octet-stream"; ///< 1-255 characters of ASCII
    std::string download_name = {}; ///< UTF-8, at most 255 bytes; empty: shown, not saved
};

/// A clock; empty in options: this machine's clock.
using Clock = std::function<Timestamp()>;

/// Stores finished files. Implement it for another store.
///
/// A key is UTF-8 without control characters, at most 240 bytes when percent-encoded, slashes
/// included; a segment between its slashes is neither empty nor `.` nor `..`.
///
/// Thread-safety  Every member may be called concurrently, by several processes as well.
/// Blocking       May block, for a bounded time.
/// Ownership      Arguments are borrowed for the call.
/// Errors         Error: Errc::invalid_argument for a key or an info that breaks a rule; its code
///                equals Condition::retryable when trying again may help.
class ASYNCJOBS_FILES_DECL FileStore {
public:
    virtual ~FileStore() = default;

    /// Stores a copy of `file`, replacing an earlier file of that key. It appears atomically and
    /// complete, or not at all.
    virtual void upload(const std::string& key, const std::filesystem::path& file,
                        const FileInfo& info) = 0;

    /// A URL by which any holder can read the file until then, or shorter if the store limits it.
    /// Does not check that the file exists. Within a minute, the same for the same arguments.
    virtual std::string url(const std::string& key, Timestamp until) const = 0;

    /// In bytes; empty if no such file exists.
    virtual std::optional<std::uint64_t> size(const std::string& key) const = 0;

    /// Does nothing if no such file exists.
    virtual void remove(const std::string& key) = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
