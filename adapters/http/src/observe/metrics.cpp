#include "observe/metrics.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Queues and types contain no character that a label has to escape; see validate(NewJob).
class Exposition {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                       type);
    }

    template <typename Value>
    void sample(std::string_view name, std::string_view labels, const Value& value) {
        fmt::format_to(std::back_inserter(text_), "{}{} {}\n", name, labels, value);
    }

    std::string finish() && { return std::move(text_); }

private:
    std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
    return fmt::format("{{{}=\"{}\"}}", name, value);
}

} // namespace

std::string Metrics::render(const Requests& requests, const WorkloadOf& workload_of) const {
    std::map<std::string, Workload> queues;
    std::map<std::string, double> typical_seconds;
    for (const auto& [queue, type] : followed_) {
        const auto workload = workload_of(queue, type);
        queues[queue] = workload;
        if (workload.typical_run)
            typical_seconds[type] = std::chrono::duration<double>(*workload.typical_run).count();
    }

    Exposition out;
    out.family("asyncjobs_jobs_waiting", "gauge",
               fmt::format("Pending jobs that are due, counted up to {}.", Workload::count_limit));
    for (const auto& [queue, workload] : queues)
        out.sample("asyncjobs_jobs_waiting", label("queue", queue), workload.waiting);
    out.family("asyncjobs_jobs_processing", "gauge",
               fmt::format("Jobs under lease, counted up to {}.", Workload::count_limit));
    for (const auto& [queue, workload] : queues)
        out.sample("asyncjobs_jobs_processing", label("queue", queue), workload.processing);
    out.family("asyncjobs_queue_paused", "gauge", "1 while the queue is paused.");
    for (const auto& [queue, workload] : queues)
        out.sample("asyncjobs_queue_paused", label("queue", queue), workload.paused ? 1 : 0);
    out.family("asyncjobs_typical_run_seconds", "gauge",
               "Mean run time of recently completed jobs.");
    for (const auto& [type, seconds] : typical_seconds)
        out.sample("asyncjobs_typical_run_seconds", label("type", type), seconds);
    out.family("asyncjobs_http_responses_total", "counter", "HTTP responses, by status.");
    for (std::size_t status = 0; status < responses_.size(); ++status)
        if (const auto count = responses_[status].load(); count > 0)
            out.sample("asyncjobs_http_responses_total", label("status", std::to_string(status)),
                       count);
    const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
        out.family(name, "gauge", help);
        out.sample(name, "", value);
    };
    gauge("asyncjobs_http_requests_in_flight",
          "Requests in progress, except those that wait for a job.", requests.in_flight);
    gauge("asyncjobs_http_requests_waiting", "Requests that wait for a job.", requests.waiting);
    gauge("asyncjobs_http_event_streams", "Open event streams.", requests.streams);
    gauge("asyncjobs_http_response_bytes", "Memory of large responses that are being written.",
          requests.response_bytes);
    return std::move(out).finish();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
