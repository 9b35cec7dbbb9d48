#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// When an active job will finish, estimated from its progress, the run times of its type and the
/// jobs that wait before it. Empty if unknown. Never before `now`.
std::optional<Timestamp> estimate_completion(const Job& job, const Workload& workload,
                                             Timestamp now);

/// Whole seconds, at least 1, until the next poll: until the job is expected, at most `cap`, less
/// up to a fifth. `random` spreads clients that started at the same time.
int retry_after(std::optional<Timestamp> expected, Timestamp now, Duration cap,
                std::uint64_t random);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
