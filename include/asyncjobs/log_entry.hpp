#pragma once

#include <asyncjobs/job_id.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Something that an operator may want to read. `message` never holds an input or a result.
struct LogEntry {
    enum class Level { info, warning, error };

    Level level = Level::info;
    std::string message = {};
    JobId job = {}; ///< null if it is about no job
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
