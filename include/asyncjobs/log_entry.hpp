#pragma once

#include <asyncjobs/job_id.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// An event for an operator. `message` never holds an input or a result.
struct LogEntry {
    /// How urgent it is.
    enum class Level { info, warning, error };

    Level level = Level::info;
    std::string message = {};
    JobId job = {}; ///< null if not about a job
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
