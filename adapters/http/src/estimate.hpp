#pragma once

#include <asyncjobs/job_store.hpp>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// When an active job will be finished, from how far it is, what its type's jobs took and what
/// waits before it. Empty when nothing is known. Never before `now`.
std::optional<Timestamp> estimate_completion(const Job& job, const Workload& workload,
                                             Timestamp now);

/// Whole seconds, at least 1, after which asking again is worth it: when the job is expected, but
/// no later than `cap`, less up to a fifth. `random` spreads clients that came at the same time.
int retry_after(std::optional<Timestamp> expected, Timestamp now, Duration cap,
                std::uint64_t random);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
