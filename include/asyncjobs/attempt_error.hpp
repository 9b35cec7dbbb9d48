#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job.hpp>

#include <string>

namespace asyncjobs {

/// For authors of stores: what to add to `job.attempt_errors` when the attempt under way has
/// failed.
inline AttemptError attempt_error(const Job& job, const JobError& error, Timestamp at) {
    return {.attempt = job.attempt,
            .at = at,
            .worker = job.worker,
            .code = std::string(detail::shortened(error.code, AttemptError::max_code)),
            .message = std::string(detail::shortened(error.message, AttemptError::max_message))};
}

} // namespace asyncjobs
