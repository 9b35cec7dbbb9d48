#pragma once

#include <asyncjobs/job.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A job whose expired lease rescue() has ended.
struct Rescued {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< the new status
};

/// A job that waits for fewer parents than before.
struct Promoted {
    JobId id = {};
    std::string queue = {};
    JobStatus status = JobStatus::pending; ///< the new status
    int blocked_by = 0;
};

/// A change that a store noticed in its clock: see JobStore::take_clock_notices().
struct ClockNotice {
    /// What was noticed.
    enum class Kind {
        set_back,     ///< it was set back; the times of jobs were moved back as well
        other_ahead,  ///< the clock of another process on the same data is ahead
        other_behind, ///< likewise, behind
    };
    Kind kind = Kind::set_back;
    Duration by = {};

    bool operator==(const ClockNotice&) const = default;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
