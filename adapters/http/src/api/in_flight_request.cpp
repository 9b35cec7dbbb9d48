#include "api/in_flight_request.hpp"

#include "guard/cors.hpp"
#include "message/response_fields.hpp"

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Observes the job for a request, which continues after a change or its time.
class InFlightRequest::Waiting final : public JobObserver,
                                       public std::enable_shared_from_this<Waiting> {
public:
    Waiting(std::shared_ptr<InFlightRequest> in_flight, LongPoll wait)
        : in_flight_(std::move(in_flight)), wait_(std::move(wait)) {}

    void on_change(const std::optional<Job>& job) override {
        if (!job || wait_.is_over(*job)) end();
    }

    Duration on_time() override {
        end();
        return {};
    }

    void on_end() override { end(); }

    void end() noexcept {
        if (over_.exchange(true)) return;
        in_flight_->count_in();
        try {
            in_flight_->api_.threads.post([self = shared_from_this()] { self->resume(); });
        } catch (...) { // responds now; it leaves when its time has passed
            wait_.permit = {};
            in_flight_->respond_with_fault();
        }
    }

private:
    void resume() noexcept {
        in_flight_->api_.observers.leave(*this);
        wait_.permit = {};
        in_flight_->run([this] { return wait_.then(in_flight_->request_); });
    }

    const std::shared_ptr<InFlightRequest> in_flight_;
    LongPoll wait_;
    std::atomic<bool> over_ = false;
};

InFlightRequest::InFlightRequest(const Parts& api, Request request, JobApi::Respond respond)
    : api_(api), request_(std::move(request)), respond_(std::move(respond)),
      in_flight_before_(api.threads.enter()) {}

/// Destroyed without a response: the service has ended, or a thread had no memory to continue.
InFlightRequest::~InFlightRequest() {
    if (responded_) return;
    run([this]() -> HandlerResult {
        throw api_.failures.try_later(503, "overloaded", "the service is temporarily unavailable");
    });
}

void InFlightRequest::begin() noexcept {
    run([this]() -> HandlerResult {
        auto found = api_.dispatcher.find_route(request_);
        if (auto* response = std::get_if<Response>(&found)) return std::move(*response);
        routed_ = std::get<Routed>(std::move(found));
        const auto perform = [this](const Request& request) {
            return api_.dispatcher.perform(routed_, request);
        };
        HandlerResult result = api_.dispatcher.runs_inline(*routed_.route)
                                   ? perform(request_)
                                   : api_.threads.defer(perform);
        if (std::holds_alternative<Deferred>(result) &&
            !api_.threads.have_capacity(in_flight_before_))
            throw api_.failures.try_later(503, "overloaded", "too many queued requests");
        return result;
    });
}

template <typename Ask>
void InFlightRequest::run(const Ask& ask) noexcept {
    try {
        HandlerResult result = ask();
        if (auto* wait_for = std::get_if<LongPoll>(&result)) return wait(std::move(*wait_for));
        if (const auto* later = std::get_if<Deferred>(&result))
            return later->begin(
                [self = shared_from_this()](const Deferred::Then& then) { self->resume(then); });
        respond(std::get<Response>(std::move(result)));
    } catch (...) {
        respond_with_fault();
    }
}

void InFlightRequest::resume(const Deferred::Then& then) noexcept {
    run([&] { return then(request_); });
}

void InFlightRequest::respond_with_fault() noexcept {
    try {
        respond(api_.failures.render_current(request_));
    } catch (...) {
        respond({.status = 503});
    }
}

void InFlightRequest::respond(Response response) noexcept {
    if (responded_.exchange(true)) return;
    count_out();
    try {
        response = completed(std::move(response), request_.method);
        take_memory(response);
        allow_origin(api_.options, request_, response);
    } catch (...) {
        response = {.status = 503};
    }
    api_.metrics.count_response(response.status);
    const auto respond = std::exchange(respond_, nullptr);
    try {
        respond(std::move(response));
    } catch (...) { // it must not throw, and no caller can handle it
    }
}

/// Takes memory for the response's body unless it has some, or replaces the response by a refusal.
void InFlightRequest::take_memory(Response& response) const {
    const auto* body = std::get_if<std::string>(&response.body);
    const auto size = body ? body->size() : 0;
    api_.freed_memory.note(std::max(size, request_.body.size()));
    if (response.memory) return;
    auto [share, full] = api_.memory.take(routed_.who, size);
    if (full == ResponseMemory::Full::no) {
        response.memory = std::move(share);
        return;
    }
    response = api_.failures.render(
        api_.failures.try_later(503, "overloaded",
                                full == ResponseMemory::Full::for_one
                                    ? "too many large responses for this owner are being sent"
                                    : "too many large responses are being sent"),
        request_.method);
}

void InFlightRequest::count_in() noexcept {
    if (!counted_.exchange(true)) api_.threads.enter();
}

void InFlightRequest::count_out() noexcept {
    if (counted_.exchange(false)) api_.threads.leave();
}

void InFlightRequest::wait(LongPoll wait) {
    count_out();
    const auto id = wait.id;
    const auto at_most = wait.at_most;
    const auto waiting = std::make_shared<Waiting>(shared_from_this(), std::move(wait));
    api_.observers.join(waiting, id, at_most);
    {
        const std::lock_guard lock(mutex_);
        waiting_ = waiting;
        if (!wait_cancelled_) return;
    }
    waiting->end();
}

void InFlightRequest::cancel_wait() {
    std::shared_ptr<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        wait_cancelled_ = true;
        waiting = waiting_.lock();
    }
    if (waiting) waiting->end();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
