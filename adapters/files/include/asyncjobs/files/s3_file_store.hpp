#pragma once

#include <asyncjobs/files/file_store.hpp>

#include <functional>
#include <memory>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// The access key that requests and URLs are signed with.
struct S3Credentials {
    std::string access_key_id = {};
    std::string secret_access_key = {};
    std::string session_token = {}; ///< of temporary credentials; empty: none
};

/// Every member is checked by S3FileStore's constructor.
struct S3Options {
    /// `https://s3.eu-central-1.amazonaws.com`; `http://` sends files unencrypted.
    std::string endpoint = {};
    std::string region = "us-east-1";
    std::string bucket = {}; ///< 3-63 characters of `a-z 0-9 . -`; must exist
    bool path_style =
        false; ///< `https://endpoint/bucket/key` and not `https://bucket.endpoint/key`
    /// Called before each signature, from any thread, so that credentials may change.
    std::function<S3Credentials()> credentials = {};
    TimeSpan timeout = std::chrono::seconds{30}; ///< 10 ms - 1 hour; without progress
    std::string ca_file = {}; ///< PEM file of trusted certificates; empty: the system's
    Clock now = {};           ///< S3 refuses requests from a clock that is off by 15 minutes
};

/// Headers of the download that a URL overrides; empty: as uploaded.
struct S3UrlOptions {
    std::string response_content_type = {};
    std::string response_content_disposition = {};
};

/// Stores files in a bucket of Amazon S3, or of a server with the same protocol, with Signature
/// Version 4.
///
/// A file is uploaded in one PUT, read from the disk while it is sent; S3 limits that to 5 GiB. It
/// is read twice, since its hash is part of the signature: S3 refuses content that does not match.
/// Each call opens a connection; failed calls are not retried. URLs start at a full minute and
/// expire after at most seven days, or with the credentials.
///
/// Errors  Errc::store_unavailable if the server is not reached or times out, and for 5xx;
///         Errc::store_busy for 429 and 503; Errc::store_failure for every other refusal, with S3's
///         code.
class ASYNCJOBS_FILES_DECL S3FileStore final : public FileStore {
public:
    explicit S3FileStore(S3Options options);
    ~S3FileStore() override;

    void upload(const std::string& key, const std::filesystem::path& file,
                const FileInfo& info) override;
    std::string url(const std::string& key, Timestamp until) const override;
    /// Like url(), for a download with other headers.
    std::string url(const std::string& key, Timestamp until, const S3UrlOptions& options) const;
    std::optional<std::uint64_t> size(const std::string& key) const override;
    void remove(const std::string& key) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
