#pragma once

#include "message/router.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether authenticating may block, and thus needs one of the threads.
inline bool authenticating_blocks(const ApiOptions& options) noexcept {
    return options.authenticator && options.authenticator_blocks;
}

/// The API's threads, which may block, and the number of requests that use or await one.
///
/// Thread-safety  Full, except close().
class ApiThreads {
public:
    /// The options must outlive this.
    ApiThreads(Runtime& runtime, const ApiOptions& options)
        : options_(options), owned_(runtime.make_lane(std::max(1U, options.threads))),
          lane_(*owned_) {}

    /// Waits for running tasks and destroys queued ones, which may still post. No post follows.
    void close() noexcept { owned_.reset(); }

    void post(Task task) const { lane_.post(std::move(task)); }
    std::function<void(Task)> poster() const {
        return [this](Task task) { post(std::move(task)); };
    }

    /// Continues with `then` on a thread, or at once if the API has none.
    Deferred defer(Deferred::Then then) const {
        return {[this, then = std::move(then)](const Deferred::Resume& resume) {
            if (options_.threads == 0) return resume(then);
            post([then, resume]() mutable { resume(std::move(then)); });
        }};
    }

    /// Counts a request; returns the count before.
    std::size_t enter() noexcept { return in_flight_.fetch_add(1); }
    void leave() noexcept { --in_flight_; }
    std::size_t in_flight() const noexcept { return in_flight_; }

    /// Whether another request may wait for a thread while `in_flight` are in flight.
    bool have_capacity(std::size_t in_flight) const noexcept {
        return options_.threads == 0 || in_flight < options_.threads + options_.queue_limit;
    }

private:
    const ApiOptions& options_;
    std::atomic<std::size_t> in_flight_ = 0;
    std::unique_ptr<Lane> owned_;
    Lane& lane_; ///< valid while close() runs
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
