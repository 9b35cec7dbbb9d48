#include "job_row.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/store_helpers.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

std::string members_of(std::string_view code, std::string_view message) {
    namespace json = boost::json;
    return fmt::format(R"("code":{},"message":{})",
                       json::serialize(json::string_view(code.data(), code.size())),
                       json::serialize(json::string_view(message.data(), message.size())));
}

std::string head_of(std::string_view code, std::string_view message) {
    return '{' + members_of(code, message) + R"(,"details":)";
}

std::int64_t number(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value && value->is_int64() ? value->get_int64() : 0;
}

std::string_view member(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (!value || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

/// Those that job_columns and summary_columns begin with.
Job read_first_columns(Row& row) {
    Job job;
    job.id = read_id(row);
    job.type = row.take_text();
    job.queue = row.take_text();
    job.owner = row.take_text();
    job.status = read_status(row);
    job.progress.percent = row.small_number();
    return job;
}

} // namespace

std::string_view wanted_status(const Settlement& settlement) noexcept {
    using Kind = Settlement::Kind;
    switch (settlement.kind()) {
    case Kind::completed:
        return "completed";
    case Kind::failed:
        return "failed";
    case Kind::cancelled:
        return "cancelled";
    case Kind::retried:
    case Kind::released:
        break;
    }
    return "pending";
}

bool has_error(const Settlement& settlement) noexcept {
    return settlement.kind() == Settlement::Kind::failed ||
           settlement.kind() == Settlement::Kind::retried;
}

std::string to_text(const JobError& error) {
    return head_of(error.code, error.message) + error.details.text() + '}';
}

JobError parse_error(const std::string& text) {
    boost::json::parse_options options;
    options.max_depth = JsonText::max_depth + 1;
    boost::system::error_code malformed;
    const auto value = boost::json::parse(text, malformed, {}, options);
    if (malformed || !value.is_object())
        return {.code = std::string(error_code::internal_error), .message = {}, .details = {}};
    const auto& object = value.get_object();
    JobError error{.code = std::string(member(object, "code")),
                   .message = std::string(member(object, "message")),
                   .details = {}};
    // Details keep their bytes; only a row that somebody else wrote has them in another place.
    const std::string head = head_of(error.code, error.message);
    if (text.starts_with(head))
        error.details = JsonText::trusted(text.substr(head.size(), text.size() - head.size() - 1));
    else if (const auto* details = object.if_contains("details"))
        error.details = JsonText::trusted(boost::json::serialize(*details));
    return error;
}

std::string attempt_entry(const JobError& error) {
    return members_of(detail::shortened(error.code, AttemptError::max_code),
                      detail::shortened(error.message, AttemptError::max_message));
}

std::vector<AttemptError> parse_attempt_errors(const std::string& text) {
    boost::system::error_code malformed;
    const auto value = boost::json::parse(text, malformed);
    if (malformed || !value.is_array()) return {};
    std::vector<AttemptError> errors;
    for (const auto& entry : value.get_array()) {
        if (!entry.is_object()) continue;
        const auto& object = entry.get_object();
        errors.push_back({.attempt = static_cast<int>(number(object, "attempt")),
                          .at = Timestamp{Duration{number(object, "at")}},
                          .worker = std::string(member(object, "worker")),
                          .code = std::string(member(object, "code")),
                          .message = std::string(member(object, "message"))});
    }
    return errors;
}

NewTimes times_of(const NewJob& job, Timestamp run_at, Timestamp now) {
    const Timestamp place = claim_time(run_at, job.priority, now);
    return {place, place == run_at ? std::nullopt : std::optional(run_at)};
}

std::optional<Timestamp> deadline_of(const NewJob& job, Timestamp run_at) {
    return job.start_within > Duration::zero() ? run_at + job.start_within : job.deadline;
}

std::optional<std::string_view> to_text(OnParentFailure policy) {
    switch (policy) {
    case OnParentFailure::cancel:
        break;
    case OnParentFailure::fail:
        return "fail";
    case OnParentFailure::run:
        return "run";
    }
    return std::nullopt;
}

OnParentFailure parse_parent_failure(std::string_view text) {
    if (text == "fail") return OnParentFailure::fail;
    return text == "run" ? OnParentFailure::run : OnParentFailure::cancel;
}

std::optional<std::string_view> metadata_of(const NewJob& job) {
    if (job.metadata == JsonText()) return std::nullopt;
    return job.metadata.text();
}

JobId read_id(Row& row) {
    const auto id = JobId::parse(row.text());
    if (!id) throw Error(Errc::store_failure, "the table of jobs has an id that is none");
    return *id;
}

JobStatus read_status(Row& row) {
    const auto status = parse_job_status(row.text());
    if (!status) throw Error(Errc::store_failure, "the table of jobs has a status that is none");
    return *status;
}

ClaimedJob read_claimed(Row& row) {
    ClaimedJob job;
    job.lease.id = read_id(row);
    job.lease.fence = row.number();
    job.type = row.take_text();
    job.queue = row.take_text();
    job.owner = row.take_text();
    job.input = JsonText::trusted(row.take_text());
    if (auto metadata = row.optional_text()) job.metadata = JsonText::trusted(std::move(*metadata));
    job.attempt = row.small_number();
    job.max_attempts = row.small_number();
    job.crashes = row.small_number();
    job.timeout = row.duration();
    job.created_at = row.time();
    if (const auto within = row.optional_time()) job.start_within = within->time_since_epoch();
    if (row.optional_text()) job.steps.emplace_back();
    job.lost_ahead = row.small_number() != 0;
    return job;
}

DueJob read_due(Row row) {
    DueJob job;
    job.id = read_id(row);
    job.type = row.take_text();
    job.queue = row.take_text();
    job.owner = row.take_text();
    job.limit_key = row.optional_text();
    job.queued_at = row.time();
    const int priority = row.small_number();
    // What is due has its head start, though it may not have got it yet.
    if (!row.optional_time()) job.queued_at -= priority * priority_step;
    job.created_at = row.time();
    job.revision = row.number();
    return job;
}

void FoundJobs::add(Job job) {
    const JobId id = job.id;
    jobs_.try_emplace(id, std::move(job));
}

void FoundJobs::move_to(std::vector<std::optional<Job>>& answers, std::span<const JobId> ids) {
    const bool each_once = jobs_.size() == ids.size();
    for (const JobId& id : ids) {
        auto& answer = answers.emplace_back();
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) continue;
        if (each_once)
            answer = std::move(found->second);
        else
            answer = found->second;
    }
}

void ClaimOrder::add(Row row) {
    const Timestamp run_at = row.time();
    ClaimedJob job = read_claimed(row);
    const auto queue =
        static_cast<std::size_t>(std::ranges::find(queues_, job.queue) - queues_.begin());
    found_.push_back({queue, run_at, std::move(job)});
}

std::optional<Timestamp> ClaimOrder::oldest(std::size_t queue) const {
    std::optional<Timestamp> oldest;
    for (const Found& one : found_)
        if (one.queue == queue) oldest = std::min(oldest.value_or(one.run_at), one.run_at);
    return oldest;
}

void ClaimOrder::move_to(std::vector<ClaimedJob>& answers) {
    const auto comes_first = [](const Found& a, const Found& b) {
        return std::tie(a.queue, a.run_at, a.job.lease.id) <
               std::tie(b.queue, b.run_at, b.job.lease.id);
    };
    if (!std::ranges::is_sorted(found_, comes_first)) std::ranges::sort(found_, comes_first);
    for (Found& one : found_) answers.push_back(std::move(one.job));
}

Job read_job(Row row) {
    Job job = read_first_columns(row);
    job.progress.message = row.take_text();
    job.input = JsonText::trusted(row.take_text());
    if (auto metadata = row.optional_text()) job.metadata = JsonText::trusted(std::move(*metadata));
    if (auto result = row.optional_text()) job.result = JsonText::trusted(std::move(*result));
    if (const auto error = row.optional_text()) job.error = parse_error(*error);
    if (const auto errors = row.optional_text()) job.attempt_errors = parse_attempt_errors(*errors);
    job.attempt = row.small_number();
    job.max_attempts = row.small_number();
    job.priority = row.small_number();
    job.crashes = row.small_number();
    job.fence = row.number();
    job.revision = row.number();
    job.worker = row.take_text();
    job.unique_key = row.optional_text();
    job.idempotency_key = row.optional_text();
    job.limit_key = row.optional_text();
    job.timeout = row.duration();
    job.retention = row.duration();
    job.created_at = row.time();
    job.updated_at = row.time();
    job.run_at = row.time();
    job.started_at = row.optional_time();
    const auto completed_at = row.optional_time();
    const auto failed_at = row.optional_time();
    const auto cancelled_at = row.optional_time();
    job.finished_at = completed_at ? completed_at : failed_at ? failed_at : cancelled_at;
    job.cancel_requested_at = row.optional_time();
    job.lease_expires_at = row.optional_time();
    job.expires_at = row.optional_time();
    job.deadline = row.optional_time();
    job.parents = row.small_number();
    job.blocked_by = row.small_number();
    job.progress.percent = shown_percent(job);
    if (const auto policy = row.optional_text())
        job.on_parent_failure = parse_parent_failure(*policy);
    job.cancel_reason = row.optional_text().value_or("");
    if (row.optional_text()) job.steps.emplace_back();
    return job;
}

Job read_summary(Row row) {
    Job job = read_first_columns(row);
    job.revision = row.number();
    job.created_at = row.time();
    job.run_at = row.time();
    job.started_at = row.optional_time();
    job.expires_at = row.optional_time();
    job.parents = row.small_number();
    job.blocked_by = row.small_number();
    job.progress.percent = shown_percent(job);
    return job;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
