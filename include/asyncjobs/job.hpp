#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_id.hpp>
#include <asyncjobs/json_text.hpp>
#include <asyncjobs/time.hpp>
#include <asyncjobs/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A scheduled job, and one that waits for its next attempt, is `pending` with `run_at` in the
/// future.
enum class JobStatus { pending, processing, completed, failed, cancelled };

/// Whether the status is final: completed, failed or cancelled.
constexpr bool is_finished(JobStatus status) noexcept {
    return status != JobStatus::pending && status != JobStatus::processing;
}

/// Returns the enumerator's name: `pending`.
ASYNCJOBS_DECL std::string_view to_string(JobStatus) noexcept;
/// The reverse of to_string(); empty for any other text.
[[nodiscard]] ASYNCJOBS_DECL std::optional<JobStatus> parse_job_status(std::string_view) noexcept;

/// How far a job has come. Never decreases within an attempt.
struct Progress {
    int percent = 0; ///< 0-100
    std::string message = {};

    friend bool operator==(const Progress&, const Progress&) = default;
};

/// Why a job failed, worded for the API's client.
struct ASYNCJOBS_VISIBLE JobError {
    static constexpr std::size_t max_code = 255; ///< bytes; a settlement truncates longer text
    static constexpr std::size_t max_message = 10'000; ///< likewise

    std::string code = {}; ///< stable, for programs: `E7005`, `worker_lost`, `timeout`
    std::string message = {};
    JsonText details = {};

    friend bool operator==(const JobError&, const JobError&) = default;
};

/// How an attempt failed, for the operator.
struct AttemptError {
    static constexpr std::size_t max_code = 100;     ///< bytes; longer text is truncated
    static constexpr std::size_t max_message = 1000; ///< likewise

    int attempt = 0;
    Timestamp at = {};
    std::string worker = {};
    std::string code = {};
    std::string message = {};

    friend bool operator==(const AttemptError&, const AttemptError&) = default;
};

/// The recorded result of a step of a handler: see JobContext::step().
struct Step {
    std::string name = {};
    JsonText result = {};

    friend bool operator==(const Step&, const Step&) = default;
};

/// Codes that the library itself records.
namespace error_code {
inline constexpr std::string_view worker_lost = "worker_lost"; ///< its worker was lost too often
inline constexpr std::string_view timeout = "timeout";         ///< ran longer than allowed
inline constexpr std::string_view deadline_passed = "deadline_passed"; ///< not started in time
inline constexpr std::string_view parent_failed =
    "parent_failed"; ///< a parent failed or was cancelled
inline constexpr std::string_view invalid_input =
    "invalid_input"; ///< does not fit the handler's type
inline constexpr std::string_view internal_error = "internal_error"; ///< the handler threw
} // namespace error_code

/// What a submit does when a live job holds its unique key.
enum class OnConflict {
    keep,    ///< nothing: returns that job
    replace, ///< that job gets the new one's `input` and `run_at`, if it is still pending
    refuse,  ///< Client throws Errc::conflict; a store does nothing
};

/// What happens to a job when one of its parents failed or was cancelled.
enum class OnParentFailure {
    cancel, ///< it is cancelled, too
    fail,   ///< it fails (error_code::parent_failed)
    run,    ///< it runs all the same
};

/// When two jobs of one type count as the same job: see NewJob::unique_by.
struct UniqueBy {
    bool owner = false;
    bool queue = false;
    bool input = false;                    ///< all of it; the order of its members does not matter
    std::vector<std::string> members = {}; ///< of the input, as JSON pointers: `/customer/id`
    /// Above 0: at most one such job per period of this length, counted from 1970 by the
    /// submitter's clock, even if it has finished. Its retention and keep_failed are at least as
    /// long.
    TimeSpan period = {};
};

/// The head start that each step of NewJob::priority gives.
inline constexpr Duration priority_step = std::chrono::minutes{1};

/// A job to submit. Made for designated initialisers.
struct NewJob {
    static constexpr std::size_t max_metadata = 16 * 1024; ///< bytes

    JobId id = {}; ///< null: Client makes one
    TypeName type = {};
    JsonText input = {};
    /// The submitter's notes for middleware and tools: a trace, tags. A JSON object, or null.
    JsonText metadata = {};
    std::string queue = "default";
    std::string owner = {}; ///< the principal it belongs to; empty: none
    /// 0-100; each step is a head start of one minute (priority_step): among due jobs of one queue,
    /// a job runs before those of lower priority that became due up to that many minutes earlier.
    /// So no job starves.
    int priority = 0;
    int max_attempts = 5;     ///< 1-1000
    OptionalTime run_at = {}; ///< not before; empty: now
    TimeSpan delay = {};      ///< instead of run_at: this long after the submit
    /// A job whose attempt has not started by then fails (error_code::deadline_passed).
    OptionalTime deadline = {};
    TimeSpan start_within = {}; ///< instead of deadline: this long after it is due; 0: no deadline
    TimeSpan timeout = {};      ///< of one attempt; 0: none
    TimeSpan retention = std::chrono::hours{24 * 7}; ///< how long it stays readable once finished
    /// Instead of retention for a job that failed, so that operators find it later; empty:
    /// retention. A cancelled job is kept for its retention.
    std::optional<TimeSpan> keep_failed = {};
    std::optional<std::string> unique_key = {}; ///< at most one pending or processing job holds it
    std::optional<UniqueBy> unique_by = {};     ///< instead of unique_key: derives one
    OnConflict on_conflict = OnConflict::keep;
    /// At most one stored job has it, finished or not: a repeated submit does nothing, whatever its
    /// on_conflict, and returns that job.
    std::optional<std::string> idempotency_key = {};
    /// Groups jobs for limits of LimitScope::key: a tenant, an account.
    std::optional<std::string> limit_key = {};
    /// Its parents, the jobs that it waits for: already stored, or earlier in the same submit.
    std::vector<JobId> after = {};
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
};

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule.
///
/// type, queue: 1-100 characters of `A-Z a-z 0-9 . _ : / -`. owner: at most 255 bytes of UTF-8
/// without control characters; unique_key, idempotency_key, limit_key: likewise, not empty.
/// metadata: a JSON object of at most 16 KiB, or null.
ASYNCJOBS_DECL void validate(const NewJob&);

/// Applies `unique_by`: sets the unique key and, with a period, the id. Does nothing if `unique_by`
/// is empty. Client calls it; only code that submits to a JobStore directly needs to.
///
/// Errors         Errc::invalid_argument for a member that the input does not have.
ASYNCJOBS_DECL void make_unique_key(NewJob& job, Timestamp now);

/// Why and how to cancel a job.
struct Cancellation {
    static constexpr std::size_t max_reason = 1000; ///< bytes

    std::string reason = {}; ///< stored with the job; UTF-8
    /// Does not wait for the handler to stop: the job is cancelled at once, and later writes of its
    /// worker change nothing.
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
    std::vector<AttemptError> attempt_errors = {}; ///< of this run, oldest first
    std::vector<Step> steps = {};                  ///< recorded, in order
    int attempt = 0;                               ///< charged attempts; 1 while the first one runs
    int max_attempts = 1;
    int crashes = 0;           ///< how often its worker was lost
    std::int64_t fence = 0;    ///< higher at every claim, never reset
    std::int64_t revision = 1; ///< +1 at every visible change
    std::string worker = {};   ///< that runs it, or ran it last
    std::optional<std::string> unique_key = {};
    std::optional<std::string> idempotency_key = {};
    std::optional<std::string> limit_key = {};
    int parents = 0;    ///< how many it had when it was submitted
    int blocked_by = 0; ///< how many parents have not finished
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
    std::string cancel_reason = {};
    Duration timeout = {};
    Duration retention = {};
    Duration keep_failed = {}; ///< instead of `retention`, if it fails
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
