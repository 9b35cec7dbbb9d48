#include "removal.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

using namespace std::chrono_literals;

std::optional<Duration> keep_file_for(const Job* job, Timestamp now, Duration check_every) {
    if (!job || job->status == JobStatus::failed || job->status == JobStatus::cancelled)
        return std::nullopt;
    if (job->status != JobStatus::completed) return std::min<Duration>(check_every, 1min);
    const auto left = job->expires_at.value_or(now) - now;
    return left > 0s ? std::optional(std::min(left, check_every)) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
