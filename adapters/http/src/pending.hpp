#pragma once

#include "job_api_impl.hpp"

#include <functional>
#include <memory>
#include <string>

namespace asyncjobs::http {

/// One request on its way; answered once, at the latest when it is forgotten.
///
/// It counts as in flight while it is worked on or waits for a thread, and not while it waits for a
/// job.
class JobApi::Impl::Pending : public std::enable_shared_from_this<Pending> {
public:
    Pending(Impl& api, Request request, Respond respond);
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    /// How many were in flight when it came.
    std::size_t place() const noexcept { return place_; }

    void run();
    void refuse(std::string detail);

private:
    class Waiting;

    void answer(const std::function<Answer()>& ask);
    void respond(Response response);
    void wait(Wait wait);

    Impl& api_;
    const Request request_;
    Respond respond_;
    const std::size_t place_;
};

} // namespace asyncjobs::http
