#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/runtime.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Fills in what the submitter left to us, and checks the whole. True if the id is not the
/// submitter's own.
inline bool complete(NewJob& job, Runtime& runtime) {
    const bool has_no_id = job.id == JobId();
    make_unique_key(job, runtime.wall_clock());
    if (job.id == JobId())
        job.id = JobId::make(runtime.wall_clock(), runtime.random(), runtime.random());
    validate(job);
    return has_no_id;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
