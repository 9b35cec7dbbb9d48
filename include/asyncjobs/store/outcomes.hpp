#pragma once

#include <asyncjobs/job.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The outcome of one NewJob.
struct Submitted {
    /// What happened to the job.
    enum class Outcome {
        created,
        id_exists,      ///< nothing happened: the id is taken (a repeated submit finds its own job)
        repeated,       ///< nothing happened: `id` names the job that has the idempotency key
        key_taken,      ///< nothing happened: a live job holds the unique key; `id` names that job
        replaced,       ///< the job named by `id` has the new input: see OnConflict::replace
        parent_missing, ///< nothing happened: one of `after` does not exist; `id` names it
    };

    Outcome outcome = Outcome::created;
    JobId id = {};
    Timestamp created_at = {}; ///< of the job named by `id`, if it exists
};

/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(Submitted::Outcome) noexcept;

/// The outcome of cancel().
enum class CancelOutcome {
    cancelled,         ///< the job is cancelled now
    requested,         ///< the job is processing; its worker has been asked to stop, now or before
    already_cancelled, ///< nothing happened
    already_finished,  ///< completed or failed; nothing happened
    not_found,
};

/// The outcome of retry(). All but `retried` mean that nothing happened.
enum class RetryOutcome { retried, not_finished, already_completed, key_taken, not_found };
/// The outcome of remove(). All but `removed` mean that nothing happened.
enum class RemoveOutcome { removed, not_finished, not_found };
/// The outcome of OperatorStore::run_now(). All but `made_due` mean that nothing happened.
enum class RunNowOutcome {
    made_due,         ///< the job waited for its time, and is due now
    already_due,      ///< also if a limit or a paused queue holds it back
    blocked,          ///< it waits for a parent
    already_running,  ///< it is processing
    already_finished, ///< completed, failed or cancelled
    not_found,
};

/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(CancelOutcome) noexcept;
/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(RetryOutcome) noexcept;
/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(RemoveOutcome) noexcept;
/// The name of the enumerator, for logs.
ASYNCJOBS_DECL std::string_view to_string(RunNowOutcome) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/outcomes.ipp>
#endif
