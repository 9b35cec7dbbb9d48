#pragma once

#include "message/concurrency_limiter.hpp"
#include "observe/job_observers.hpp"

#include <asyncjobs/http/message.hpp>

#include <memory>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The server-sent events of one client.
class ClientEvents : public JobObserver {
public:
    /// As BodyStream::next().
    virtual void next(BodyStream::Deliver deliver) = 0;
};

/// The stream of one client; ends with its destruction.
class EventBody final : public BodyStream {
public:
    EventBody(std::shared_ptr<ClientEvents> events, std::weak_ptr<JobObservers> observers,
              ConcurrencyLimiter::Permit permit)
        : events_(std::move(events)), observers_(std::move(observers)), permit_(std::move(permit)) {
    }

    ~EventBody() override {
        if (const auto observers = observers_.lock()) observers->leave(*events_);
    }

    void next(Deliver deliver) override { events_->next(std::move(deliver)); }

private:
    const std::shared_ptr<ClientEvents> events_;
    const std::weak_ptr<JobObservers> observers_;
    const ConcurrencyLimiter::Permit permit_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
