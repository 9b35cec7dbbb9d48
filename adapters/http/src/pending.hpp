#pragma once

#include "job_api_impl.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// One request on its way; answered once, at the latest when it is forgotten.
///
/// It counts as in flight while it is worked on or waits for a thread, and not while it waits for a
/// job. Whatever fails on the way, it is answered and counted no more: in the worst case with a 503
/// that needs no memory.
class JobApi::Impl::Pending final : public Ongoing::Work,
                                    public std::enable_shared_from_this<Pending> {
public:
    Pending(Impl& api, Request request, Respond respond);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    /// Answers it, if that does not block, or has a thread for it.
    void begin() noexcept;
    void hurry() override;

private:
    class Waiting;

    template <typename Ask>
    void answer(const Ask& ask) noexcept;
    void go_on(const Later::Then& then) noexcept;
    void respond(Response response) noexcept;
    /// Answers with what is being thrown.
    void respond_with_fault() noexcept;
    void take_memory(Response& response) const;
    void wait(Wait wait);
    void count_in() noexcept;
    void count_out() noexcept;

    Impl& api_;
    const Request request_;
    Respond respond_;
    std::atomic<bool> answered_ = false;
    std::atomic<bool> counted_ = true; ///< as in flight
    const std::size_t place_;          ///< how many were in flight when it came
    Routed routed_;
    std::mutex mutex_; ///< guards what follows
    std::weak_ptr<Waiting> waiting_;
    bool hurried_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
