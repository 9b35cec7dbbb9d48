#pragma once

#include "observe/documents.hpp"
#include "observe/workload_cache.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/problem.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// What an estimate needs of a submitted job.
struct SubmittedKind {
    explicit SubmittedKind(const NewJob& job)
        : type(job.type), queue(job.queue), run_at(job.run_at), delay(job.delay),
          is_blocked(!job.after.empty()) {}

    std::string type;
    std::string queue;
    std::optional<Timestamp> run_at;
    Duration delay;
    bool is_blocked;
};

/// Renders jobs as responses, and estimates when they finish.
///
/// Thread-safety  Full, except expect_run(), which only precedes the first request.
/// Blocking       Estimates read the store about once a second.
class JobRenderer {
public:
    /// `options` must outlive this.
    JobRenderer(Client& client, std::shared_ptr<Runtime> runtime, const ApiOptions& options);

    /// Declares the usual run time of a type's jobs in a queue.
    void expect_run(const std::string& queue, const std::string& type, Duration usual);

    const Links& links() const noexcept { return links_; }
    Workload workload(const std::string& queue, const std::string& type) {
        return workloads_.get(queue, type);
    }

    /// The status document with its headers.
    Response job_response(unsigned status, const Job& job);

    /// Likewise for a GET: renders no document if the client's copy is current.
    Response status_response(const Job& job, const Request& request);

    /// Empty if unknown.
    std::optional<Timestamp> estimate(const Job& job, std::size_t uncounted = 0);

    /// How long a job takes from its submit. `uncounted` is 1 before the submit.
    std::optional<Duration> estimate_new(const SubmittedKind& kind, Timestamp created_at,
                                         std::size_t uncounted);

    std::string retry_after_value(std::optional<Timestamp> expected) const;

    /// A refusal with `Retry-After`.
    Problem try_later(unsigned status, std::string code, std::string detail) const;

private:
    void describe(const Job& job, std::string etag, std::optional<Timestamp> expected,
                  Headers& headers) const;
    /// The run time that a route declares; empty if none does.
    std::optional<Duration> expected_run(const std::string& queue, const std::string& type) const;

    const std::shared_ptr<Runtime> runtime_;
    const ApiOptions& options_;
    const Links links_;
    std::map<std::pair<std::string, std::string>, Duration> expected_runs_; ///< by queue and type
    WorkloadCache workloads_;
};

/// An expired job does not exist for clients, whether it has been purged or not.
bool has_expired(const Job& job, Timestamp now);
Problem expired();

/// Adds Preference-Applied: the granted wait, whatever its actual length.
Response waited(Response response, std::chrono::seconds at_most);

/// A response in `application/json`.
Response json_response(unsigned status, std::string document);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
