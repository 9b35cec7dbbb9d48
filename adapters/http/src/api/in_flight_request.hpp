#pragma once

#include "api/dispatcher.hpp"
#include "guard/api_threads.hpp"
#include "message/freed_memory.hpp"
#include "message/response_memory.hpp"
#include "observe/failure_renderer.hpp"
#include "observe/job_observers.hpp"
#include "observe/metrics.hpp"

#include <asyncjobs/http/job_api.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// One request; responds exactly once, at the latest when it is destroyed.
///
/// It counts as in flight while it is processed or queued for a thread, but not while it waits for
/// a job. Whatever fails, it responds and is no longer counted; in the worst case with a 503 that
/// needs no memory.
class InFlightRequest final : public RequestHandle::Work,
                              public std::enable_shared_from_this<InFlightRequest> {
public:
    /// What every request uses of the API; all of it must outlive the requests.
    struct Parts {
        const ApiOptions& options;
        const Dispatcher& dispatcher;
        const FailureRenderer& failures;
        ApiThreads& threads;
        JobObservers& observers;
        const ResponseMemory& memory;
        FreedMemory& freed_memory;
        Metrics& metrics;
    };

    InFlightRequest(const Parts& api, Request request, JobApi::Respond respond);
    ~InFlightRequest();
    InFlightRequest(const InFlightRequest&) = delete;
    InFlightRequest& operator=(const InFlightRequest&) = delete;

    /// Responds, unless that may block; then a thread of the API does.
    void begin() noexcept;
    void cancel_wait() override;

private:
    class Waiting;

    template <typename Ask>
    void run(const Ask& ask) noexcept;
    void resume(const Deferred::Then& then) noexcept;
    void respond(Response response) noexcept;
    /// Responds for the exception being handled.
    void respond_with_fault() noexcept;
    void take_memory(Response& response) const;
    void wait(LongPoll wait);
    void count_in() noexcept;
    void count_out() noexcept;

    const Parts& api_;
    const Request request_;
    JobApi::Respond respond_;
    std::atomic<bool> responded_ = false;
    std::atomic<bool> counted_ = true;   ///< as in flight
    const std::size_t in_flight_before_; ///< requests in flight when this one arrived
    Routed routed_;
    std::mutex mutex_; ///< guards what follows
    std::weak_ptr<Waiting> waiting_;
    bool wait_cancelled_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
