#pragma once

#include <asyncjobs/limits.hpp>
#include <asyncjobs/store/settlement.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Which jobs a worker claims.
struct ClaimRequest {
    std::string_view worker;                       ///< the caller; recorded with the job
    std::span<const std::string> queues;           ///< served in this order
    std::size_t limit = 0;                         ///< 0: claim nothing; at most 1,000,000
    Duration lease_for = std::chrono::seconds{30}; ///< 0 - 365 days
    std::span<const Limit> limits = {};            ///< that apply to this worker's jobs only
    /// Claims more jobs than the worker can start at once: a job counts as started only after a
    /// Heartbeat reports it. See rescue().
    bool ahead = false;
};

/// A job under lease, with the data that its handler needs.
struct ClaimedJob {
    LeaseRef lease = {};
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    JsonText input = {};
    JsonText metadata = {};
    int attempt = 0; ///< 1 for the first attempt
    int max_attempts = 1;
    int crashes = 0;
    Duration timeout = {};
    Timestamp created_at = {};
    Duration waited = {};                      ///< from its `run_at` to the claim
    std::optional<Duration> start_within = {}; ///< from the claim to the job's deadline
    std::vector<Step> steps = {};              ///< recorded by earlier attempts
    /// A worker that had claimed it ahead was lost, perhaps just after it started the job. If the
    /// job is claimed ahead again, its start is reported before its handler is called.
    bool lost_ahead = false;
};

/// The outcome of one Settlement.
struct Settled {
    bool accepted = false; ///< false: the fence was old or the job not processing; nothing happened
    JobStatus status = JobStatus::pending; ///< the new status, if accepted
};

/// A due job that a limit kept from being claimed. It stays pending and unchanged, and becomes due
/// again by itself. Returned once for each such limit, until the job starts or changes otherwise.
struct Throttled {
    JobId id = {};
    std::string type = {};
    std::string queue = {};
    Timestamp created_at = {};
    std::string limit = {}; ///< its name
};

/// The outcome of exchange().
struct Exchange {
    std::vector<Settled> settled = {};    ///< one per settlement, in their order
    std::vector<ClaimedJob> claimed = {}; ///< within a queue, in the order of the claim
    /// If fewer jobs were claimed than requested: how long until the next pending job of these
    /// queues is due. Empty: no job is waiting.
    std::optional<Duration> next_due_in = {};
    bool needs_promotion = false;          ///< finished jobs have dependents: call promote()
    std::vector<Throttled> throttled = {}; ///< in this call
};

/// Renews a lease and carries what the handler reported.
struct Heartbeat {
    LeaseRef lease = {};
    std::optional<Progress> progress = {};
    std::optional<Step> step = {}; ///< appended to the recorded steps
    bool started = false;          ///< a job that was claimed ahead has started
};

/// The outcome of one Heartbeat.
struct Renewal {
    bool kept = false; ///< false: the lease is lost; nothing was written
    bool cancel_requested = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
