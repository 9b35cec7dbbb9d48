#include "observe/estimate.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr Duration soon = std::chrono::seconds{1};
constexpr Duration unknown_wait = std::chrono::seconds{2};

/// Extrapolated from the attempt's own progress, or else the typical run.
std::optional<Duration> whole_run(const Job& job, const Workload& workload) {
    const auto percent = job.progress.percent;
    const auto shown = job.updated_at - *job.started_at;
    if (percent > 0 && percent < 100 && shown > Duration::zero()) return shown * 100 / percent;
    return workload.typical_run;
}

} // namespace

std::optional<Timestamp> estimate_completion(const Job& job, const Workload& workload,
                                             Timestamp now) {
    if (job.status == JobStatus::processing && job.started_at) {
        const auto run = whole_run(job, workload);
        if (!run) return std::nullopt;
        const auto overdue = std::max(soon, (now - *job.started_at) / 10);
        return std::max(*job.started_at + *run, now + overdue);
    }
    if (job.status != JobStatus::pending || job.blocked_by > 0 || workload.paused ||
        !workload.typical_run)
        return std::nullopt;
    const auto before = static_cast<Duration::rep>(workload.waiting > 0 ? workload.waiting - 1 : 0);
    const auto lanes = static_cast<Duration::rep>(std::max<std::size_t>(1, workload.processing));
    const auto start = std::max(now + *workload.typical_run * before / lanes, job.run_at);
    return start + std::max(*workload.typical_run, Duration{1});
}

int retry_after(std::optional<Timestamp> expected, Timestamp now, Duration cap,
                std::uint64_t random) {
    Duration wait = expected ? *expected - now : unknown_wait;
    wait = std::clamp(wait, Duration::zero(), cap);
    const auto jitter = wait.count() / 5;
    if (jitter > 0)
        wait -= Duration{static_cast<Duration::rep>(random % static_cast<std::uint64_t>(jitter))};
    return static_cast<int>(
        std::max<Duration::rep>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
