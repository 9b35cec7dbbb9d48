#include "pending.hpp"

#include "cors.hpp"

#include <atomic>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Follows the job for a request, which goes on when there is news, or none in time.
class JobApi::Impl::Pending::Waiting final : public Follower,
                                             public std::enable_shared_from_this<Waiting> {
public:
    Waiting(std::shared_ptr<Pending> pending, Wait wait)
        : pending_(std::move(pending)), wait_(std::move(wait)) {}

    void on_change(const std::optional<Job>& job) override {
        if (!job || wait_.is_over(*job)) end();
    }

    Duration on_time() override {
        end();
        return {};
    }

    void on_end() override { end(); }

    void end() {
        if (over_.exchange(true)) return;
        ++pending_->api_.in_flight_;
        pending_->api_.lane_->post([self = shared_from_this()] {
            self->pending_->api_.followers_->leave(*self);
            self->wait_.seat = {};
            self->pending_->answer([&] { return self->wait_.then(self->pending_->request_); });
        });
    }

private:
    const std::shared_ptr<Pending> pending_;
    Wait wait_;
    std::atomic<bool> over_ = false;
};

JobApi::Impl::Pending::Pending(Impl& api, Request request, Respond respond)
    : api_(api), request_(std::move(request)), respond_(std::move(respond)),
      place_(api.in_flight_.fetch_add(1)) {}

JobApi::Impl::Pending::~Pending() {
    if (!respond_) return;
    respond(api_.try_later(503, "overloaded", "the service is going down")
                .response(api_.new_instance()));
}

void JobApi::Impl::Pending::begin() {
    answer([this]() -> Answer {
        auto found = api_.find_route(request_);
        if (auto* response = std::get_if<Response>(&found)) return std::move(*response);
        routed_ = std::get<Routed>(std::move(found));
        const auto perform = [this](const Request& request) {
            return api_.perform(routed_, request);
        };
        Answer answer = api_.is_quick(*routed_.route) ? perform(request_) : api_.on_lane(perform);
        if (std::holds_alternative<Later>(answer) && !api_.has_place(place_))
            throw api_.try_later(503, "overloaded", "too many requests wait already");
        return answer;
    });
}

void JobApi::Impl::Pending::answer(const std::function<Answer()>& ask) {
    try {
        auto answer = ask();
        if (auto* wait_for = std::get_if<Wait>(&answer)) return wait(std::move(*wait_for));
        if (const auto* later = std::get_if<Later>(&answer))
            return later->begin([self = shared_from_this()](Later::Then then) {
                self->answer([&] { return then(self->request_); });
            });
        respond(std::get<Response>(std::move(answer)));
    } catch (...) {
        respond(api_.render_failure(request_));
    }
}

void JobApi::Impl::Pending::respond(Response response) {
    --api_.in_flight_;
    api_.metrics_.count_answer(response.status);
    allow_origin(api_.options_, request_, response);
    std::exchange(respond_, nullptr)(completed(std::move(response), request_.method));
}

void JobApi::Impl::Pending::wait(Wait wait) {
    --api_.in_flight_;
    const auto id = wait.id;
    const auto at_most = wait.at_most;
    const auto waiting = std::make_shared<Waiting>(shared_from_this(), std::move(wait));
    api_.followers_->join(waiting, id, at_most);
    {
        const std::lock_guard lock(mutex_);
        waiting_ = waiting;
        if (!hurried_) return;
    }
    waiting->end();
}

void JobApi::Impl::Pending::hurry() {
    std::shared_ptr<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        hurried_ = true;
        waiting = waiting_.lock();
    }
    if (waiting) waiting->end();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
