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

namespace asyncjobs {

/// A scheduled job, and one that waits for its next try, is `pending` with `run_at` in the future.
enum class JobStatus { pending, processing, completed, failed, cancelled };

constexpr bool is_finished(JobStatus status) noexcept {
    return status != JobStatus::pending && status != JobStatus::processing;
}

std::string_view to_string(JobStatus) noexcept;
std::optional<JobStatus> parse_job_status(std::string_view) noexcept;

/// How far a job has come. Never goes back within an attempt.
struct Progress {
    int percent = 0; ///< 0-100
    std::string message = {};

    friend bool operator==(const Progress&, const Progress&) = default;
};

/// Why a job failed, in words meant for the API's client.
struct JobError {
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

/// Codes that the library itself records.
namespace error_code {
inline constexpr std::string_view worker_lost = "worker_lost"; ///< its process died too often
inline constexpr std::string_view timeout = "timeout";         ///< ran longer than allowed
inline constexpr std::string_view invalid_input =
    "invalid_input"; ///< does not fit the handler's type
inline constexpr std::string_view internal_error = "internal_error"; ///< the handler threw
} // namespace error_code

/// What a submitter says of a job. Made for designated initialisers.
struct NewJob {
    JobId id = {}; ///< Client fills in a fresh one if it is left null
    std::string type = {};
    JsonText input = {};
    std::string queue = "default";
    std::string owner = {};               ///< the principal it belongs to; empty: nobody's
    int max_attempts = 5;                 ///< 1-1000
    std::optional<Timestamp> run_at = {}; ///< not before; empty: now
    Duration delay = {};                  ///< instead of run_at: this long after the submit
    Duration timeout = {};                ///< of one attempt; 0: none
    Duration retention = std::chrono::hours{24 * 7}; ///< how long it stays readable when finished
    std::optional<std::string> unique_key = {}; ///< at most one pending or processing job holds it
};

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule.
///
/// type, queue: 1-100 characters of `A-Z a-z 0-9 . _ : / -`. owner: at most 255 bytes of UTF-8
/// without control characters; unique_key: likewise, not empty.
void validate(const NewJob&);

/// The record of a job, as a store returns it: a snapshot that owns its data.
struct Job {
    JobId id = {};
    std::string type = {};
    std::string queue = {};
    std::string owner = {};
    JobStatus status = JobStatus::pending;
    Progress progress = {};
    JsonText input = {};
    std::optional<JsonText> result = {};
    std::optional<JobError> error = {};            ///< of the last failed attempt
    std::vector<AttemptError> attempt_errors = {}; ///< of all of this run, oldest first
    int attempt = 0;                               ///< charged tries; 1 while the first one runs
    int max_attempts = 1;
    int crashes = 0;           ///< how often a worker that held it was lost
    std::int64_t fence = 0;    ///< +1 at every claim, never reset
    std::int64_t revision = 1; ///< +1 at every visible change
    std::string worker = {};   ///< who runs it, or ran it last
    std::optional<std::string> unique_key = {};
    Duration timeout = {};
    Duration retention = {};
    Timestamp created_at = {};
    Timestamp updated_at = {};
    Timestamp run_at = {};
    std::optional<Timestamp> started_at = {};  ///< of the latest attempt
    std::optional<Timestamp> finished_at = {}; ///< completed, failed or cancelled
    std::optional<Timestamp> cancel_requested_at = {};
    std::optional<Timestamp> lease_expires_at = {}; ///< while processing
    std::optional<Timestamp> expires_at = {};       ///< may be purged from then on
};

} // namespace asyncjobs

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job.ipp>
#endif
