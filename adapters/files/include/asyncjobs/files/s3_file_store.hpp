#pragma once

#include <asyncjobs/files/file_store.hpp>

#include <functional>
#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

struct S3Credentials {
    std::string access_key_id = {};
    std::string secret_access_key = {};
    std::string session_token = {}; ///< of temporary ones; empty: none
};

/// Every member is checked by S3FileStore's constructor.
struct S3Options {
    /// `https://s3.eu-central-1.amazonaws.com`; `http://` sends files unencrypted.
    std::string endpoint = {};
    std::string region = "us-east-1";
    std::string bucket = {}; ///< 3-63 characters of `a-z 0-9 . -`; must exist
    bool path_style =
        false; ///< `https://endpoint/bucket/key` and not `https://bucket.endpoint/key`
    /// Asked before each signature, so that they may change; from any thread.
    std::function<S3Credentials()> credentials = {};
    TimeSpan timeout = std::chrono::seconds{30}; ///< 10 ms - 1 hour; without any headway
    std::string ca_file = {}; ///< PEM, whose certificates are trusted; empty: the system's
    Clock now = {};           ///< S3 refuses one that is 15 minutes off
};

/// What a URL says besides where the file is; empty: as it was uploaded.
struct S3UrlOptions {
    std::string response_content_type = {};
    std::string response_content_disposition = {};
};

/// Files in a bucket of Amazon S3, or of a server that speaks its protocol, with Signature
/// Version 4.
///
/// A file goes out in one PUT, read from the disk as it is sent, and 5 GiB is the most that S3
/// takes so. It is read twice, for its hash is part of the signature: S3 refuses what does not
/// arrive as it was. Each call is a connection of its own; a call that fails is not repeated. URLs
/// begin with a full minute and end after seven days at the latest, or with the credentials.
///
/// Errors  Errc::store_unavailable where nothing is reached, in time, or the answer is a 5xx;
///         Errc::store_busy for 429 and 503; Errc::store_failure for what else S3 refuses, with its
///         code.
class ASYNCJOBS_FILES_DECL S3FileStore final : public FileStore {
public:
    explicit S3FileStore(S3Options options);
    ~S3FileStore() override;

    void upload(const std::string& key, const std::filesystem::path& file,
                const FileInfo& info) override;
    std::string url(const std::string& key, Timestamp until) const override;
    std::string url(const std::string& key, Timestamp until, const S3UrlOptions& options) const;
    std::optional<std::uint64_t> size(const std::string& key) const override;
    void remove(const std::string& key) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
