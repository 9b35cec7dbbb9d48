#pragma once

#include "guard/admission.hpp"
#include "guard/api_threads.hpp"
#include "guard/own_jobs.hpp"
#include "message/response_memory.hpp"
#include "observe/job_observers.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/runtime.hpp>

#include <memory>
#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handler of `GET /jobs/{id}/events`: a job's changes as server-sent events.
///
/// Thread-safety  Full.
class EventRoute {
public:
    /// What the route uses of the API; all of it must outlive the route and its streams.
    struct Parts {
        Runtime& runtime;
        const ApiOptions& options;
        const ApiThreads& threads;
        JobRenderer& renderer;
        Admission& admission;
        const ResponseMemory& memory;
        OwnJobs& jobs;
        std::shared_ptr<JobObservers> observers;
    };
    explicit EventRoute(Parts parts) : parts_(std::move(parts)) {}

    /// Declares the route; this must outlive `router`.
    void add_to(Router& router);

private:
    Response events(const Call& call);
    std::optional<std::string> document(const Job& job);
    std::optional<ResponseMemory::Share> memory_of(const std::string& who, std::size_t bytes) const;

    const Parts parts_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
