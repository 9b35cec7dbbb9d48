#pragma once

#include "guard/api_threads.hpp"
#include "message/router.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/detail/call_batcher.hpp>
#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/problem.hpp>

#include <functional>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Reads the callers' own jobs. Another owner's job, a malformed id and one that never existed get
/// the same response.
///
/// Thread-safety  Full.
class OwnJobs {
public:
    /// The arguments must outlive this.
    OwnJobs(Client& client, Runtime& runtime, const ApiOptions& options, const ApiThreads& threads);

    using Then = std::function<HandlerResult(Job, const Request&)>;

    /// Reads the job without a thread, together with those of other requests, and continues with
    /// `then` if it belongs to `owner`.
    Deferred with_job(const JobId& id, const std::string& owner, Then then);
    /// Likewise, but reads only the job's summary.
    Deferred with_summary(const JobId& id, const std::string& owner, Then then);

    /// Blocks. Throws Problem (404, or 410 for an expired job).
    Job find(const Call& call);
    Job find(const JobId& id, const std::string& owner);

private:
    using Readings = asyncjobs::detail::CallBatcher<JobId, std::optional<Job>>;

    Deferred with(Readings& readings, const JobId& id, const std::string& owner, Then then);
    Problem missing(const JobId& id, const std::string& owner);

    Client& client_;
    Runtime& runtime_;
    const ApiThreads& threads_;
    Readings finds_;
    Readings summary_reads_;
};

/// The id in a route's path. Throws no_such_job() for one that is malformed.
JobId id_of(const Call& call);
Problem no_such_job();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
