#pragma once

#include "guard/admission.hpp"
#include "guard/idempotency.hpp"
#include "message/response_memory.hpp"
#include "message/router.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/detail/call_batcher.hpp>
#include <asyncjobs/http/api_options.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handlers of the routes that submit jobs.
///
/// Thread-safety  Full, except allow(), which only precedes the first request.
class SubmitRoutes {
public:
    using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;
    using Submits = asyncjobs::detail::CallBatcher<std::vector<NewJob>, Submitted>;

    /// What the routes use of the API; all of it must outlive them.
    struct Parts {
        Client& client;
        Runtime& runtime;
        const ApiOptions& options;
        JobRenderer& renderer;
        Admission& admission;
        const ResponseMemory& memory;
        std::function<void(Task)> post; ///< to a thread that may block
    };
    explicit SubmitRoutes(Parts parts);

    /// Throws Error (Errc::invalid_argument) that names `route`, the member and the rule.
    static void check(const detail::SubmitRule& rule, const std::string& route);

    /// Allows a type for submit_generic(). Throws Error (Errc::invalid_argument) if it already is.
    void allow(detail::SubmitRule rule);
    const GenericTypes& generic_types() const noexcept { return generic_types_; }

    HandlerResult submit(const detail::SubmitRule& rule, const Call& call);
    HandlerResult submit_generic(const Call& call);

private:
    struct Acceptance;
    struct Submission;

    HandlerResult accept(const detail::SubmitRule& rule, NewJob job, JsonText input,
                         const Call& call);
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
    GenericTypes generic_types_;
    Submits submits_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
