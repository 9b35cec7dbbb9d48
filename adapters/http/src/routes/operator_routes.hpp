#pragma once

#include "guard/admission.hpp"
#include "guard/api_threads.hpp"
#include "message/response_memory.hpp"
#include "message/router.hpp"
#include "observe/job_renderer.hpp"
#include "observe/metrics.hpp"
#include "openapi/description.hpp"
#include "routes/submit_routes.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/api_options.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handlers of the operators' routes, which have no prefix: health, readiness, metrics, and the
/// API's description.
///
/// Thread-safety  Full.
class OperatorRoutes {
public:
    /// What the routes use of the API; all of it must outlive them.
    struct Parts {
        Client& client;
        const ApiOptions& options;
        const ApiThreads& threads;
        JobRenderer& renderer;
        const Admission& admission;
        const ResponseMemory& memory;
        const Metrics& metrics;
        const SubmitRoutes& submit_routes;
        const Router& router;
    };
    explicit OperatorRoutes(const Parts& parts) : parts_(parts) {}

    /// Declares the routes; this must outlive `router`.
    void add_to(Router& router);

    /// Whether one of the routes has this path.
    bool serve(std::string_view path) const noexcept;

private:
    Response ready() const;
    Response metrics() const;
    Response description(const Call& call);

    const Parts parts_;
    openapi::Description description_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
