#pragma once

#include "guard/own_jobs.hpp"
#include "observe/job_renderer.hpp"
#include "routes/streams.hpp"

#include <asyncjobs/http/api_options.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handler of `GET /jobs/{id}/events`: a job's changes as server-sent events.
///
/// Thread-safety  Full.
class EventRoute {
public:
    /// What the route uses of the API; all of it must outlive the route and its streams.
    struct Parts {
        const ApiOptions& options;
        JobRenderer& renderer;
        OwnJobs& jobs;
        const Streams& streams;
    };
    explicit EventRoute(const Parts& parts) : parts_(parts) {}

    /// Declares the route; this must outlive `router`.
    void add_to(Router& router);

private:
    Response events(const Call& call);

    const Parts parts_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
