#pragma once

#include "guard/admission.hpp"
#include "guard/own_jobs.hpp"
#include "message/router.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/api_options.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handlers of the routes of one job: status, result, cancel, retry, delete.
///
/// Thread-safety  Full.
class JobRoutes {
public:
    /// The arguments must outlive this.
    JobRoutes(Client& client, const ApiOptions& options, JobRenderer& renderer,
              Admission& admission, OwnJobs& jobs)
        : client_(client), options_(options), renderer_(renderer), admission_(admission),
          jobs_(jobs) {}

    /// Declares the routes; this must outlive `router`.
    void add_to(Router& router);

private:
    HandlerResult status(const Call& call);
    HandlerResult status_or_wait(const Job& job, const Request& request);
    Response result(const Call& call);
    Response cancel(const Call& call);
    Response retry(const Call& call);
    Response remove(const Call& call);

    Client& client_;
    const ApiOptions& options_;
    JobRenderer& renderer_;
    Admission& admission_;
    OwnJobs& jobs_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
