#pragma once

#include <asyncjobs/files/file_store.hpp>
#include <asyncjobs/files/secret.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// Every member is checked by LocalFileStore's constructor.
struct LocalFileStoreOptions {
    std::filesystem::path directory = {}; ///< created, for its owner only, if missing
    /// What precedes a key in URLs: `/v1/files/`, `https://reports.example.org/v1/files/`.
    std::string base_url = {};
    /// The first one signs, all are accepted: to rotate, put a new one before the old.
    std::vector<Secret> secrets = {};
    /// 1 min - 30 days; a temporary file older than this was left by a crashed process.
    TimeSpan stale_after = std::chrono::hours{6};
    Clock now = {};
};

/// The result of LocalFileStore::open().
struct LinkedFile {
    /// Whether the link is valid.
    enum class Outcome {
        found,
        forged,  ///< not a link that this store signed
        expired, ///< signed, but expired
        gone,    ///< valid, but the file no longer exists
    };

    Outcome outcome = Outcome::forged;
    std::filesystem::path path = {}; ///< this and the following members: only if found
    std::uint64_t size_bytes = 0;
    FileInfo info = {};
};

/// Stores files in one directory; the host serves them, see open(). A file is complete or absent,
/// even after a power failure.
///
/// A URL is `base_url`, the key as one segment of the characters `A-Z a-z 0-9 - . _ ~` (`~2F` for a
/// slash: proxies decode `%2F`), and `?expires=SECONDS_SINCE_1970&signature=HEX`, an HMAC-SHA256.
/// It expires by this process's clock.
///
/// Ownership  The directory. Does not touch files with other names.
class ASYNCJOBS_FILES_DECL LocalFileStore final : public FileStore {
public:
    /// Removes stale temporary files.
    explicit LocalFileStore(LocalFileStoreOptions options);

    void upload(const std::string& key, const std::filesystem::path& file,
                const FileInfo& info) override;
    std::string url(const std::string& key, Timestamp until) const override;
    std::optional<std::uint64_t> size(const std::string& key) const override;
    void remove(const std::string& key) override;

    /// Verifies a link and finds its file. `segment` is the last one of the link's path. Only for
    /// `GET` and `HEAD`.
    LinkedFile open(std::string_view segment, std::string_view expires,
                    std::string_view signature) const;

    /// Removes stale temporary files, as the constructor does.
    void sweep();

private:
    std::filesystem::path data_path(const std::string& key) const;
    std::filesystem::path info_path(const std::string& key) const;

    LocalFileStoreOptions options_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
