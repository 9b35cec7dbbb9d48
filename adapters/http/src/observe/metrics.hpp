#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Counts of responses, and gauges of the queues that routes submit to, in Prometheus' text format.
///
/// Thread-safety  Full, except follow(), which must precede every other call.
class Metrics {
public:
    static constexpr auto content_type = "text/plain; version=0.0.4; charset=utf-8";

    using WorkloadOf = std::function<Workload(const std::string& queue, const std::string& type)>;

    void follow(std::string queue, std::string type) {
        followed_.emplace(std::move(queue), std::move(type));
    }

    void count_response(unsigned status) noexcept {
        if (status < responses_.size()) ++responses_[status];
    }

    /// The requests in progress.
    struct Requests {
        std::size_t in_flight = 0; ///< without those that wait for a job
        std::size_t waiting = 0;
        std::size_t streams = 0;
        std::size_t response_bytes = 0; ///< of responses that are being written
    };

    /// Throws as `workload_of` does.
    std::string render(const Requests& requests, const WorkloadOf& workload_of) const;

private:
    std::set<std::pair<std::string, std::string>> followed_;
    std::array<std::atomic<std::uint64_t>, 600> responses_{};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
