#pragma once

#include "db/query.hpp"
#include "statements/columns.hpp"

#include <asyncjobs/job.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/limit_engine.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Of columns::job. For a job that has steps, one without a name: see read_steps().
Job read_job(Row cells);

/// Of columns::summary.
Job read_summary(Row cells);

/// How jobs are read: a statement, and what takes a row of it.
struct JobReading {
    Sql sql;
    Job (*read)(Row row);
};

/// Of columns::claimed. Of steps likewise.
ClaimedJob read_claimed(Row cells);

/// Of columns::limited_due.
LimitCandidate read_due(Row cells);

/// Puts jobs, which come in any order, and may come twice, into the order of the ids that were
/// asked for, which may come twice, too.
class FoundJobs {
public:
    void add(Job job);
    /// Appends the job of each of `ids`, or nothing for a missing one. To be called once.
    void move_to(std::vector<std::optional<Job>>& jobs, std::span<const JobId> ids);

private:
    std::unordered_map<JobId, Job> jobs_;
};

/// Puts the rows of columns::due, which come in any order, into the order of a claim: by queue as
/// the claim names them, by `run_at`, and then by id.
class ClaimOrder {
public:
    explicit ClaimOrder(std::span<const std::string> queues) : queues_(queues) {}

    void add(Row row);
    std::size_t count() const noexcept { return found_.size(); }
    /// The least `run_at` of a queue.
    std::optional<Timestamp> oldest(std::size_t queue) const;
    /// Appends them. To be called once.
    void move_to(std::vector<ClaimedJob>& jobs);

private:
    struct Found {
        std::size_t queue; ///< its place
        Timestamp run_at;
        ClaimedJob job;
    };
    const std::span<const std::string> queues_;
    std::vector<Found> found_;
};

/// Greater than the text of any id.
inline constexpr std::string_view after_all_ids = "~";

/// Throw Error (Errc::store_failure) for a text that is none.
JobId parse_id(const std::string& text);
JobStatus parse_status(const std::string& text);
JobId read_id(Row& row);
JobStatus read_status(Row& row);

/// The status that a settlement asks for; a job whose cancellation was requested may get another.
std::string_view wanted_status(const Settlement& settlement) noexcept;

/// The text of the column `error`: a JSON object `{"code", "message", "details"}`.
std::string to_text(const JobError& error);
/// How the text begins for each error with this code.
std::string error_begin(std::string_view code);
JobError parse_error(const std::string& text);

/// What a statement adds to the column `attempt_errors`, a JSON array of objects: the members
/// `code` and `message` of one, which has `attempt`, `at` and `worker` already.
std::string attempt_entry(const JobError& error);
std::vector<AttemptError> parse_attempt_errors(const std::string& text);

/// The columns `run_at` and `not_before` of a new job: by what it stands in its queue and, if that
/// is not when it shall run, this.
struct NewTimes {
    Timestamp run_at;
    std::optional<Timestamp> not_before;
};
NewTimes times_of(const NewJob& job, Timestamp run_at, Timestamp now);

/// The column `metadata`; null stands for the `null` that most jobs have.
std::optional<std::string_view> metadata_of(const NewJob& job);

/// The column `on_parent_failure`; null stands for the policy of most jobs.
std::optional<std::string_view> to_text(OnParentFailure policy);
OnParentFailure parse_parent_failure(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
