#pragma once

#include "message/router.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/runtime.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handler of `GET /jobs`: a page of the caller's own jobs.
///
/// Thread-safety  Full.
class JobListRoute {
public:
    /// The arguments must outlive this.
    JobListRoute(Client& client, const Runtime& runtime, const ApiOptions& options,
                 const JobRenderer& renderer)
        : client_(client), runtime_(runtime), options_(options), renderer_(renderer) {}

    /// Declares the route; this must outlive `router`.
    void add_to(Router& router);

private:
    Response list(const Call& call) const;
    JobQuery read_query(const Call& call) const;

    Client& client_;
    const Runtime& runtime_;
    const ApiOptions& options_;
    const JobRenderer& renderer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
