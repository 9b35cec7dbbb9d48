#pragma once

#include <asyncjobs/time.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// What a browser is told of a file.
struct FileInfo {
    std::string content_type = "application/octet-stream"; ///< 1-255 characters of ASCII
    std::string download_name = {}; ///< UTF-8, at most 255 bytes; empty: shown, not saved
};

/// What the time is; empty in options: this machine's clock.
using Clock = std::function<Timestamp()>;

/// Where finished files live. Yours to implement for another store.
///
/// A key is UTF-8 without control characters, at most 240 bytes when percent-encoded, slashes too;
/// what lies between its slashes is neither empty nor `.` nor `..`.
///
/// Thread-safety  Every member may be called concurrently, by several processes as well.
/// Blocking       May block, for a bounded time.
/// Ownership      Arguments are borrowed for the call.
/// Errors         Error: Errc::invalid_argument for a key or an info that breaks a rule; its code
///                equals Condition::retryable when trying again may help.
class ASYNCJOBS_FILES_DECL FileStore {
public:
    virtual ~FileStore() = default;

    /// Stores a copy of `file`, in place of an earlier file of that key. It appears at once and
    /// complete, or not at all.
    virtual void upload(const std::string& key, const std::filesystem::path& file,
                        const FileInfo& info) = 0;

    /// Where whoever holds the URL can read the file until then, or shorter if the store says so.
    /// Does not look whether there is one. Within a minute, the same for the same arguments.
    virtual std::string url(const std::string& key, Timestamp until) const = 0;

    /// In bytes; empty if there is no such file.
    virtual std::optional<std::uint64_t> size(const std::string& key) const = 0;

    /// Does nothing if there is no such file.
    virtual void remove(const std::string& key) = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
