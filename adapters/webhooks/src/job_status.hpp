#pragma once

#include <asyncjobs/job.hpp>

#include <boost/describe/enum.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// So that it is a name in JSON.
BOOST_DESCRIBE_ENUM(JobStatus, pending, processing, completed, failed, cancelled)

namespace webhooks {

/// What receivers know the end of a job by: `job.completed`.
inline std::string event_name(JobStatus status) { return "job." + std::string(to_string(status)); }

/// The end of that name, if there is one.
inline std::optional<JobStatus> parse_event(std::string_view name) {
    constexpr std::array ends = {JobStatus::completed, JobStatus::failed, JobStatus::cancelled};
    const auto* end = std::ranges::find(ends, name, event_name);
    return end == ends.end() ? std::nullopt : std::optional(*end);
}

} // namespace webhooks
} // namespace asyncjobs::inline ASYNCJOBS_ABI
