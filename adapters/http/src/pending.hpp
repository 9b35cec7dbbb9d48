#pragma once

#include "job_api_impl.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// One request on its way; answered once, at the latest when it is forgotten.
///
/// It counts as in flight while it is worked on or waits for a thread, and not while it waits for a
/// job.
class JobApi::Impl::Pending final : public Ongoing::Work,
                                    public std::enable_shared_from_this<Pending> {
public:
    Pending(Impl& api, Request request, Respond respond);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    /// Answers it, if that does not block, or has a thread for it.
    void begin();
    void hurry() override;

private:
    class Waiting;

    void answer(const std::function<Answer()>& ask);
    void respond(Response response);
    void wait(Wait wait);

    Impl& api_;
    const Request request_;
    Respond respond_;
    const std::size_t place_; ///< how many were in flight when it came
    Routed routed_;
    std::mutex mutex_; ///< guards what follows
    std::weak_ptr<Waiting> waiting_;
    bool hurried_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
