#pragma once

#include <asyncjobs/detail/id_clock.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/runtime.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline JobId make_id(Runtime& runtime, IdClock& clock) {
    return JobId::make(clock.next(runtime.wall_clock()), runtime.random(), runtime.random());
}

/// Fills in members that the submitter left out, and validates the job. True if it made the id.
inline bool complete(NewJob& job, Runtime& runtime, IdClock& clock) {
    const bool has_no_id = job.id == JobId();
    make_unique_key(job, runtime.wall_clock());
    if (job.id == JobId()) job.id = make_id(runtime, clock);
    validate(job);
    return has_no_id;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
