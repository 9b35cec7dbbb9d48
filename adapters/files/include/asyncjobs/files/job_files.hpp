#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/files/file_store.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// What a handler returns for its file, or puts into what it returns.
struct KeptFile {
    std::string file_url;
    Timestamp expires_at; ///< of the file
    std::uint64_t size_bytes = 0;
    std::string file_key; ///< by which present() makes the URL anew
};
BOOST_DESCRIBE_STRUCT(KeptFile, (), (file_url, expires_at, size_bytes, file_key))

/// Every member is checked by JobFiles' constructor.
struct JobFilesOptions {
    std::string queue = "default"; ///< of the jobs that remove files; an executor must serve it
    /// Where writers write; created, for its owner only, where it is missing.
    std::filesystem::path scratch = {};
    TimeSpan link_for = std::chrono::days{7}; ///< 1 min - 366 days; a URL does not outlive its file
    /// 1 s - 30 days; how late a file goes whose job was removed before its time.
    TimeSpan look_every = std::chrono::hours{1};
    /// 1 s - 30 days; how long an upload may go on after its job has failed or was cancelled.
    TimeSpan linger = std::chrono::hours{1};
    Clock now = {};
};

/// Keeps files for as long as the jobs that made them.
///
/// Before a file is uploaded, a job `asyncjobs.remove_file` is submitted that waits for the file's
/// own; it removes the file when that one has failed, was cancelled, has expired or is gone. So
/// whatever is killed, and when, no file stays for ever.
///
/// Thread-safety  Full.
/// Blocking       Members call the job store and the file store on the calling thread.
/// Ownership      Borrows the client and the file store, which must outlive it; it must outlive
///                executors that it was given.
/// Errors         Error, as the stores threw it.
class ASYNCJOBS_FILES_DECL JobFiles {
public:
    /// Writes the whole content of a file to the path it is given.
    using Writer = std::function<void(const std::filesystem::path&)>;

    /// Sweeps what processes that died left in `scratch`, a day ago or earlier.
    JobFiles(Client& client, FileStore& store, JobFilesOptions options = {});

    /// Has this executor remove files. It must serve JobFilesOptions::queue.
    void remove_on(Executor& executor);

    /// For a handler: stores `file` under a key made of its job's id and the download name, which
    /// must not be empty. An attempt that comes later replaces it. `file` stays where it is.
    ///
    /// Throws Snooze when the file of an earlier run is being removed at this very moment.
    KeptFile keep(ProgressReporter& progress, const std::filesystem::path& file,
                  const FileInfo& info);

    /// The same with what `write` writes. What it throws reaches the caller, and nothing is stored.
    KeptFile keep(ProgressReporter& progress, const FileInfo& info, const Writer& write);

    /// A KeptFile, or an object with its members, as a client is to see it: its URL is made anew,
    /// and the key is left out. Anything else is left as it is. For ApiOptions::present_result.
    void present(const Job& job, boost::json::value& result) const;

private:
    std::string url(const std::string& key, Timestamp expires_at) const;
    void expect_removal(const std::string& key, const JobId& job);

    Client& client_;
    FileStore& store_;
    const JobFilesOptions options_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
