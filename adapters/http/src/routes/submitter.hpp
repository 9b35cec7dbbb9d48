#pragma once

#include "guard/admission.hpp"
#include "guard/idempotency.hpp"
#include "message/response_memory.hpp"
#include "message/router.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/detail/call_batcher.hpp>
#include <asyncjobs/http/api_options.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Submits the jobs of requests, many in one store call, and makes the responses.
///
/// Thread-safety  Full.
class Submitter {
public:
    /// What it uses of the API; all of it must outlive it.
    struct Parts {
        Client& client;
        Runtime& runtime;
        const ApiOptions& options;
        JobRenderer& renderer;
        Admission& admission;
        const ResponseMemory& memory;
        std::function<void(Task)> post; ///< to a thread that may block
    };
    explicit Submitter(Parts parts);

    /// Accepts a job with its input: it counts against the limits, is stored, and may be waited
    /// for.
    HandlerResult submit(NewJob job, const Call& call);

private:
    using Submits = asyncjobs::detail::CallBatcher<std::vector<NewJob>, Submitted>;

    struct Acceptance;
    struct Submission;

    std::optional<Idempotency> take_from_headers(const Call& call, NewJob& job);
    Response accepted(const Acceptance& acceptance, const std::optional<Job>& now);
    std::optional<Response> with_memory(Response response, const std::string& who) const;
    HandlerResult submit_result(Submission& submission, const Submitted& submitted);
    Job job_with_same_key(const Submission& submission, const JobId& id);
    std::vector<Submitted> submit_all(std::span<const std::vector<NewJob>> of_requests);
    std::vector<NewJob> with_companions(NewJob job, const Call& call);
    Submitted first_submit(const Idempotency& idempotency, const Headers& headers);
    std::optional<Duration> first_estimate(const JobId& id, const Idempotency& idempotency);

    Client& client_;
    Runtime& runtime_;
    const ApiOptions& options_;
    JobRenderer& renderer_;
    Admission& admission_;
    const ResponseMemory& response_memory_;
    Submits submits_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
