#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/files/file_store.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// A handler's result, or a part of it, that describes its file.
struct KeptFile {
    std::string file_url;
    Timestamp expires_at; ///< of the file
    std::uint64_t size_bytes = 0;
    std::string file_key; ///< from which present() signs the URL again
};
BOOST_DESCRIBE_STRUCT(KeptFile, (), (file_url, expires_at, size_bytes, file_key))

/// Every member is checked by JobFiles' constructor.
struct JobFilesOptions {
    std::string queue = "default"; ///< of the jobs that remove files; an executor must serve it
    /// The directory of temporary files; created, for its owner only, if missing.
    std::filesystem::path scratch = {};
    TimeSpan link_for = std::chrono::days{7}; ///< 1 min - 366 days; a URL does not outlive its file
    /// 1 s - 30 days; how late a file is removed whose job was removed before its expiry.
    TimeSpan check_every = std::chrono::hours{1};
    /// 1 s - 30 days; how long an upload may continue after its job has failed or was cancelled.
    TimeSpan linger = std::chrono::hours{1};
    Clock now = {};
};

/// Keeps files for as long as the jobs that made them.
///
/// Before a file is uploaded, a job `asyncjobs.remove_file` is submitted that waits for the file's
/// job, and removes the file when that job has failed, was cancelled, has expired or was removed.
/// So no file stays for ever, whichever process is killed when.
///
/// Thread-safety  Full.
/// Blocking       Members call the job store and the file store on the calling thread.
/// Ownership      Borrows the client and the file store, which must outlive it; it must outlive the
///                executors passed to remove_on().
/// Errors         Error, as thrown by the stores. The constructor throws Errc::unsupported for a
/// job
///                store without the capability dependencies.
class ASYNCJOBS_FILES_DECL JobFiles {
public:
    /// Writes the whole content of a file to the path.
    using Writer = std::function<void(const std::filesystem::path&)>;

    /// Removes files that crashed processes left in `scratch` a day ago or earlier.
    JobFiles(Client& client, FileStore& store, JobFilesOptions options = {});

    /// Registers the handler that removes files. The executor must serve JobFilesOptions::queue.
    void remove_on(Executor& executor);

    /// For a handler: stores `file` under a key made of its job's id and the download name, which
    /// must not be empty. A later attempt replaces it. `file` itself is not moved.
    ///
    /// Throws Snooze while the file of an earlier run is being removed.
    KeptFile keep(JobContext& context, const std::filesystem::path& file, const FileInfo& info);

    /// The same with the file that `write` writes. Rethrows its exceptions, and stores nothing
    /// then.
    KeptFile keep(JobContext& context, const FileInfo& info, const Writer& write);

    /// Prepares a KeptFile, or an object with its members, for clients: signs its URL again, and
    /// removes the key. Other results are unchanged. For ApiOptions::transform_result.
    void present(const Job& job, boost::json::value& result) const;

private:
    std::string url(const std::string& key, Timestamp expires_at) const;
    void submit_removal(const std::string& key, const JobId& job);

    Client& client_;
    FileStore& store_;
    const JobFilesOptions options_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
