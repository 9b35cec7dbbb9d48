#pragma once

#include <asyncjobs/job.hpp>

#include <boost/describe/enum.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Makes it a name in JSON.
BOOST_DESCRIBE_ENUM(JobStatus, pending, processing, completed, failed, cancelled)

namespace webhooks {

/// The event of a finished job: `job.completed`.
inline std::string event_name(JobStatus status) { return "job." + std::string(to_string(status)); }

/// The status of that event; empty if no such event exists.
inline std::optional<JobStatus> parse_event(std::string_view name) {
    constexpr std::array finished = {JobStatus::completed, JobStatus::failed, JobStatus::cancelled};
    const auto* found = std::ranges::find(finished, name, event_name);
    return found == finished.end() ? std::nullopt : std::optional(*found);
}

} // namespace webhooks
} // namespace asyncjobs::inline ASYNCJOBS_ABI
