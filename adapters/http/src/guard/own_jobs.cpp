#include "guard/own_jobs.hpp"

#include "observe/job_renderer.hpp"

#include <span>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

// Items of one store call. Whole jobs can be large.
constexpr std::size_t most_finds = 32;
constexpr std::size_t most_summary_reads = 500;

} // namespace

Problem no_such_job() { return {404, "not_found", "no such job"}; }

JobId id_of(const Call& call) {
    const auto id = JobId::parse(*call.path.find("id"));
    if (!id) throw no_such_job();
    return *id;
}

OwnJobs::OwnJobs(Client& client, Runtime& runtime, const ApiOptions& options,
                 const ApiThreads& threads)
    : client_(client), runtime_(runtime), threads_(threads),
      finds_({.runtime = runtime,
              .post = threads.poster(),
              .limit = most_finds,
              .shares = options.threads > 0,
              .posts = !authenticating_blocks(options)},
             [this](std::span<const JobId> ids) { return client_.find(ids); }),
      summary_reads_({.runtime = runtime,
                      .post = threads.poster(),
                      .limit = most_summary_reads,
                      .shares = options.threads > 0,
                      .posts = !authenticating_blocks(options)},
                     [this](std::span<const JobId> ids) { return client_.find_summaries(ids); }) {}

Deferred OwnJobs::with_job(const JobId& id, const std::string& owner, Then then) {
    return with(finds_, id, owner, std::move(then));
}

Deferred OwnJobs::with_summary(const JobId& id, const std::string& owner, Then then) {
    return with(summary_reads_, id, owner, std::move(then));
}

Deferred OwnJobs::with(Readings& readings, const JobId& id, const std::string& owner, Then then) {
    return {[this, &readings, id, owner, then = std::move(then)](const Deferred::Resume& resume) {
        readings.enqueue(id, [this, id, owner, then, resume](auto found) {
            resume([&](const Request& request) -> HandlerResult {
                auto job = found.take();
                if (job && job->owner == owner) {
                    if (has_expired(*job, runtime_.wall_clock())) throw expired();
                    return then(*std::move(job), request);
                }
                return threads_.defer([this, id, owner](const Request&) -> HandlerResult {
                    throw missing(id, owner);
                });
            });
        });
    }};
}

Job OwnJobs::find(const Call& call) { return find(id_of(call), call.principal.owner); }

Job OwnJobs::find(const JobId& id, const std::string& owner) {
    auto found = client_.find(id);
    if (!found || found->owner != owner) throw missing(id, owner);
    if (has_expired(*found, runtime_.wall_clock())) throw expired();
    return *std::move(found);
}

/// Takes the same time for another owner's job, a malformed id and one that never existed.
Problem OwnJobs::missing(const JobId& id, const std::string& owner) {
    if (client_.capabilities().tombstones && client_.tombstone_owner(id) == owner) return expired();
    return no_such_job();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
