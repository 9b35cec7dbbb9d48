#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_id.hpp>
#include <asyncjobs/json_text.hpp>
#include <asyncjobs/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A scheduled job, and one that waits for its next try, is `pending` with `run_at` in the future.
enum class JobStatus { pending, processing, completed, failed, cancelled };

constexpr bool is_finished(JobStatus status) noexcept {
    return status != JobStatus::pending && status != JobStatus::processing;
}

ASYNCJOBS_DECL std::string_view to_string(JobStatus) noexcept;
ASYNCJOBS_DECL std::optional<JobStatus> parse_job_status(std::string_view) noexcept;

/// How far a job has come. Never goes back within an attempt.
struct Progress {
    int percent = 0; ///< 0-100
    std::string message = {};

    friend bool operator==(const Progress&, const Progress&) = default;
};

/// Why a job failed, in words meant for the API's client.
struct ASYNCJOBS_VISIBLE JobError {
    static constexpr std::size_t max_code = 255,
                                 max_message = 10'000; ///< bytes; a settlement cuts what is longer

    std::string code = {}; ///< stable, for programs: `E7005`, `worker_lost`, `timeout`
    std::string message = {};
    JsonText details = {};

    friend bool operator==(const JobError&, const JobError&) = default;
};

/// How an attempt failed, for the operator.
struct AttemptError {
    static constexpr std::size_t max_code = 100,
                                 max_message = 1000; ///< bytes; what is longer is cut

    int attempt = 0;
    Timestamp at = {};
    std::string worker = {};
    std::string code = {};
    std::string message = {};

    friend bool operator==(const AttemptError&, const AttemptError&) = default;
};

/// What a handler had done when it was interrupted: see ProgressReporter::step().
struct Step {
    std::string name = {};
    JsonText result = {};

    friend bool operator==(const Step&, const Step&) = default;
};

/// Codes that the library itself records.
namespace error_code {
inline constexpr std::string_view worker_lost = "worker_lost"; ///< its process died too often
inline constexpr std::string_view timeout = "timeout";         ///< ran longer than allowed
inline constexpr std::string_view deadline_passed =
    "deadline_passed"; ///< could not be started in time
inline constexpr std::string_view parent_failed =
    "parent_failed"; ///< a job that it waited for failed or was cancelled
inline constexpr std::string_view invalid_input =
    "invalid_input"; ///< does not fit the handler's type
inline constexpr std::string_view internal_error = "internal_error"; ///< the handler threw
} // namespace error_code

/// What a submit does whose unique key a live job holds.
enum class OnConflict {
    keep,    ///< nothing: it answers that job
    replace, ///< that job gets the new one's `input` and time to run, if it is still pending
    refuse,  ///< Client throws Errc::conflict; a store does nothing
};

/// What becomes of a job when one that it waits for has failed or was cancelled.
enum class OnParentFailure {
    cancel, ///< it is cancelled, too
    fail,   ///< it fails (error_code::parent_failed)
    run,    ///< it runs all the same
};

/// What makes two jobs of one type the same job: see NewJob::unique_by.
struct UniqueBy {
    bool owner = false;
    bool queue = false;
    bool input = false;                    ///< all of it, whatever the order of its members
    std::vector<std::string> members = {}; ///< of the input, as JSON pointers: `/customer/id`
    /// Above 0: the same job is made once in each period of this length, counted from 1970 by the
    /// submitter's clock, even if it has finished. It is kept at least as long.
    TimeSpan period = {};
};

/// What a step of NewJob::priority is worth.
inline constexpr Duration priority_step = std::chrono::minutes{1};

/// What a submitter says of a job. Made for designated initialisers.
struct NewJob {
    static constexpr std::size_t max_metadata = 16 * 1024; ///< bytes

    JobId id = {}; ///< Client fills in a fresh one if it is left null
    std::string type = {};
    JsonText input = {};
    /// What the submitter notes beside the input for those who handle the job: a trace, tags. An
    /// object, or null.
    JsonText metadata = {};
    std::string queue = "default";
    std::string owner = {}; ///< the principal it belongs to; empty: nobody's
    /// 0-100; each step is a head start of a minute (priority_step): of due jobs in one queue it
    /// goes before those of lower priority that were due no more than that many minutes earlier; so
    /// none starves.
    int priority = 0;
    int max_attempts = 5;     ///< 1-1000
    OptionalTime run_at = {}; ///< not before; empty: now
    TimeSpan delay = {};      ///< instead of run_at: this long after the submit
    /// An attempt that has not started by then fails the job (error_code::deadline_passed).
    OptionalTime deadline = {};
    TimeSpan start_within = {}; ///< instead of deadline: this long after it is due; 0: no matter
    TimeSpan timeout = {};      ///< of one attempt; 0: none
    TimeSpan retention = std::chrono::hours{24 * 7}; ///< how long it stays readable when finished
    std::optional<std::string> unique_key = {}; ///< at most one pending or processing job holds it
    std::optional<UniqueBy> unique_by = {};     ///< instead of unique_key: has one made
    OnConflict on_conflict = OnConflict::keep;
    /// At most one job that is kept has it, finished or not: a submit that comes again does
    /// nothing, whatever its on_conflict, and answers that job.
    std::optional<std::string> idempotency_key = {};
    /// What limits per key count together: a tenant, an account, whatever there is one of.
    std::optional<std::string> limit_key = {};
    /// The jobs that it waits for, its parents: there already, or before it in the same submit.
    std::vector<JobId> after = {};
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
};

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule.
///
/// type, queue: 1-100 characters of `A-Z a-z 0-9 . _ : / -`. owner: at most 255 bytes of UTF-8
/// without control characters; unique_key, idempotency_key, limit_key: likewise, not empty.
/// metadata: a JSON object of at most 16 KiB, or null.
ASYNCJOBS_DECL void validate(const NewJob&);

/// Puts into `job` what its unique_by says: the unique key and, of a period, the id. Does nothing
/// where there is none. Client does it; only who submits past it needs to.
///
/// Errors  Errc::invalid_argument for a member that the input does not have.
ASYNCJOBS_DECL void make_unique_key(NewJob& job, Timestamp now);

/// Why a job shall be cancelled, and how.
struct Cancellation {
    static constexpr std::size_t max_reason = 1000; ///< bytes

    std::string reason = {}; ///< kept with the job; UTF-8
    /// Does not wait for the handler to stop: the job is cancelled at once, and whatever its worker
    /// still writes changes nothing.
    bool force = false;
};

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule.
ASYNCJOBS_DECL void validate(const Cancellation&);

/// The record of a job, as a store returns it: a snapshot that owns its data.
struct Job {
    JobId id = {};
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    int priority = 0;
    JobStatus status = JobStatus::pending;
    Progress progress = {};
    JsonText input = {};
    JsonText metadata = {};
    std::optional<JsonText> result = {};
    std::optional<JobError> error = {};            ///< of the last failed attempt
    std::vector<AttemptError> attempt_errors = {}; ///< of all of this run, oldest first
    std::vector<Step> steps = {};                  ///< that are done, in their order
    int attempt = 0;                               ///< charged tries; 1 while the first one runs
    int max_attempts = 1;
    int crashes = 0;           ///< how often a worker that ran it was lost
    std::int64_t fence = 0;    ///< higher at every claim, never reset
    std::int64_t revision = 1; ///< +1 at every visible change
    std::string worker = {};   ///< who runs it, or ran it last
    std::optional<std::string> unique_key = {};
    std::optional<std::string> idempotency_key = {};
    std::optional<std::string> limit_key = {};
    int parents = 0;    ///< how many jobs it waited for at first
    int blocked_by = 0; ///< how many of them it still waits for
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
    std::string cancel_reason = {};
    Duration timeout = {};
    Duration retention = {};
    Timestamp created_at = {};
    Timestamp updated_at = {};
    Timestamp run_at = {};
    std::optional<Timestamp> deadline = {};
    std::optional<Timestamp> started_at = {};  ///< of the latest attempt
    std::optional<Timestamp> finished_at = {}; ///< completed, failed or cancelled
    std::optional<Timestamp> cancel_requested_at = {};
    std::optional<Timestamp> lease_expires_at = {}; ///< while processing
    std::optional<Timestamp> expires_at = {};       ///< may be purged from then on
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job.ipp>
#include <asyncjobs/impl/unique_key.ipp>
#endif
