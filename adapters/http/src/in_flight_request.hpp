#pragma once

#include "job_api_impl.hpp"

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
class JobApi::Impl::InFlightRequest final : public RequestHandle::Work,
                                            public std::enable_shared_from_this<InFlightRequest> {
public:
    InFlightRequest(Impl& api, Request request, Respond respond);
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

    Impl& api_;
    const Request request_;
    Respond respond_;
    std::atomic<bool> responded_ = false;
    std::atomic<bool> counted_ = true;   ///< as in flight
    const std::size_t in_flight_before_; ///< requests in flight when this one arrived
    Routed routed_;
    std::mutex mutex_; ///< guards what follows
    std::weak_ptr<Waiting> waiting_;
    bool wait_cancelled_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
