#include <asyncjobs/files/job_files.hpp>

#include "file_key.hpp"
#include "now.hpp"
#include "on_disk.hpp"
#include "removal.hpp"
#include "scratch_file.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

using namespace std::chrono_literals;

std::string key_prefix(const JobId& job) { return std::string(job.text()) + '/'; }

/// Returns when the file is to be removed; throws Snooze before that.
void require_removal(const Job* job, Timestamp at, Duration check_every) {
    if (const auto wait = keep_file_for(job, at, check_every)) throw Snooze{*wait};
}

} // namespace

JobFiles::JobFiles(Client& client, FileStore& store, JobFilesOptions options)
    : client_(client), store_(store), options_(std::move(options)) {
    if (!client_.capabilities().dependencies)
        detail::refuse_unsupported("the removal of a file has a job in after", "dependencies");
    detail::check_name("queue", options_.queue);
    detail::check_range("link_for", options_.link_for, Duration{1min},
                        Duration{std::chrono::days{366}});
    const Duration month = std::chrono::days{30};
    detail::check_range("check_every", options_.check_every, Duration{1s}, month);
    detail::check_range("linger", options_.linger, Duration{1s}, month);
    if (options_.scratch.empty()) return;
    on_disk([&] {
        create_private_directory(options_.scratch);
        ScratchFile::sweep(options_.scratch, std::chrono::days{1});
    });
}

void JobFiles::remove_on(Executor& executor) {
    const auto remove = [this](const RemoveFile& file, JobContext& context) {
        const auto parents = context.parents(JobParts::summary);
        const auto* const job = parents.empty() ? nullptr : &parents.front();
        require_removal(job, now(options_.now), options_.check_every);
        store_.remove(file.key);
        if (job && job->status == JobStatus::completed) return;
        // A handler that was stopped, or has lost its lease, may still be uploading.
        bool first = false;
        context.step("removed", [&] { first = true; });
        if (first) throw Snooze{options_.linger};
    };
    executor.handle<RemoveFile>(remove, {.retry = Backoff{.first = 1s, .most = 1h}});
}

KeptFile JobFiles::keep(JobContext& context, const std::filesystem::path& file,
                        const FileInfo& info) {
    if (info.download_name.empty()) detail::refuse("download_name", "", "must not be empty");
    const auto& id = context.id();
    const auto job = client_.find(id);
    if (!job) throw Interrupted{}; // the lease is lost
    const auto key = key_prefix(id) + info.download_name;
    check_key(key);
    validate(info);
    submit_removal(key, id);
    store_.upload(key, file, info);
    const auto expires_at =
        std::chrono::ceil<std::chrono::seconds>(now(options_.now)) + job->retention;
    return {.file_url = url(key, expires_at),
            .expires_at = expires_at,
            .size_bytes = std::filesystem::file_size(file),
            .file_key = key};
}

KeptFile JobFiles::keep(JobContext& context, const FileInfo& info, const Writer& write) {
    if (options_.scratch.empty())
        detail::refuse("scratch", "", "must name a directory to write in");
    const ScratchFile scratch(options_.scratch);
    write(scratch.path());
    return keep(context, scratch.path(), info);
}

void JobFiles::present(const Job& job, boost::json::value& result) const {
    auto* const object = result.if_object();
    const auto* const key = object ? object->if_contains("file_key") : nullptr;
    const auto* const expires = object ? object->if_contains("expires_at") : nullptr;
    if (!key || !key->is_string() || !expires || !expires->is_string()) return;
    const std::string text(key->as_string());
    const auto expires_at = parse_rfc3339(std::string_view(expires->as_string()));
    // No result gives access to another job's file, whatever the handler returned.
    if (!expires_at || !text.starts_with(key_prefix(job.id)) || !is_key(text)) return;
    (*object)["file_url"] = url(text, *expires_at);
    object->erase("file_key");
}

std::string JobFiles::url(const std::string& key, Timestamp expires_at) const {
    const auto from = std::chrono::floor<std::chrono::minutes>(now(options_.now));
    return store_.url(key, std::min<Timestamp>(expires_at, from + options_.link_for));
}

/// Returns once a pending job will remove the file.
void JobFiles::submit_removal(const std::string& key, const JobId& job) {
    const auto removal = client_.submit(
        new_job(RemoveFile{key}, {.queue = options_.queue,
                                  .max_attempts = 1000, // an unreachable store must not end it
                                  .retention = 1h,
                                  .unique_key = "file:" + key,
                                  .after = {job},
                                  .on_parent_failure = OnParentFailure::run}));
    if (removal.outcome == Submitted::Outcome::created) return;
    // A removal that read this job before its current run may be about to remove the new file.
    const auto found = client_.find(removal.id);
    if (!found || found->status != JobStatus::pending) throw Snooze{1s};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
