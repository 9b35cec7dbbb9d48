#include "store/job_row.hpp"

#include "db/row_of.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string members_of(std::string_view code, std::string_view message) {
    return fmt::format(R"("code":{},"message":{})", quoted(code), quoted(message));
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

/// The columns that columns::job and columns::summary share.
template <const auto& columns>
Job read_shared(RowOf<columns>& row) {
    Job job;
    job.id = parse_id(row.text("id"));
    job.type = row.take_text("type");
    job.queue = row.take_text("queue");
    job.owner = row.take_text("owner");
    job.status = parse_status(row.text("status"));
    job.progress.percent = row.small_number("progress");
    job.revision = row.number("revision");
    job.created_at = row.time("created_at");
    job.run_at = row.time("run_at");
    job.started_at = row.optional_time("started_at");
    job.expires_at = row.optional_time("expires_at");
    job.parents = row.small_number("parents");
    job.blocked_by = row.small_number("blocked_by");
    job.progress.percent = shown_percent(job);
    return job;
}

} // namespace

std::string_view wanted_status(const Settlement& settlement) noexcept {
    // Its statement refuses a `cancelled` that was not requested.
    const bool is_cancelled = settlement.kind() == Settlement::Kind::cancelled;
    return to_string(
        transitions::status_after(settlement.kind(), is_cancelled).value_or(JobStatus::pending));
}

std::string to_text(const JobError& error) {
    return head_of(error.code, error.message) + error.details.text() + '}';
}

std::string error_begin(std::string_view code) {
    return fmt::format(R"({{"code":{},)", quoted(code));
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
    // Details keep their bytes; only a row that another program wrote has them in another place.
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

JobId parse_id(const std::string& text) {
    const auto id = JobId::parse(text);
    if (!id) throw Error(Errc::store_failure, "the table of jobs has an id that is none");
    return *id;
}

JobStatus parse_status(const std::string& text) {
    const auto status = parse_job_status(text);
    if (!status) throw Error(Errc::store_failure, "the table of jobs has a status that is none");
    return *status;
}

JobId read_id(Row& row) { return parse_id(row.text()); }

JobStatus read_status(Row& row) { return parse_status(row.text()); }

ClaimedJob read_claimed(Row cells) {
    RowOf<columns::claimed> row(cells);
    ClaimedJob job;
    job.lease.id = parse_id(row.text("id"));
    job.lease.fence = row.number("fence");
    job.type = row.take_text("type");
    job.queue = row.take_text("queue");
    job.owner = row.take_text("owner");
    job.input = JsonText::trusted(row.take_text("input"));
    if (auto metadata = row.optional_text("metadata"))
        job.metadata = JsonText::trusted(std::move(*metadata));
    job.attempt = row.small_number("attempt");
    job.max_attempts = row.small_number("max_attempts");
    job.crashes = row.small_number("crashes");
    job.timeout = row.duration("timeout");
    job.created_at = row.time("created_at");
    job.waited = std::max(row.duration("waited"), Duration::zero());
    if (const auto within = row.optional_duration("start_within")) job.start_within = *within;
    if (row.optional_text("steps")) job.steps.emplace_back();
    job.lost_ahead = row.small_number("lost_ahead") != 0;
    return job;
}

LimitCandidate read_due(Row cells) {
    RowOf<columns::limited_due> row(cells);
    LimitCandidate job;
    job.id = parse_id(row.text("id"));
    job.type = row.take_text("type");
    job.queue = row.take_text("queue");
    job.owner = row.take_text("owner");
    job.limit_key = row.optional_text("limit_key");
    job.queued_at = row.time("run_at");
    // A due job has its head start, though the sweep may not have given it yet.
    if (!row.optional_time("not_before"))
        job.queued_at -= row.small_number("priority") * priority_step;
    job.created_at = row.time("created_at");
    job.revision = row.number("revision");
    return job;
}

void FoundJobs::add(Job job) {
    const JobId id = job.id;
    jobs_.try_emplace(id, std::move(job));
}

void FoundJobs::move_to(std::vector<std::optional<Job>>& jobs, std::span<const JobId> ids) {
    const bool each_once = jobs_.size() == ids.size();
    for (const JobId& id : ids) {
        auto& job = jobs.emplace_back();
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) continue;
        if (each_once)
            job = std::move(found->second);
        else
            job = found->second;
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

void ClaimOrder::move_to(std::vector<ClaimedJob>& jobs) {
    const auto comes_first = [](const Found& a, const Found& b) {
        return std::tie(a.queue, a.run_at, a.job.lease.id) <
               std::tie(b.queue, b.run_at, b.job.lease.id);
    };
    if (!std::ranges::is_sorted(found_, comes_first)) std::ranges::sort(found_, comes_first);
    for (Found& one : found_) jobs.push_back(std::move(one.job));
}

Job read_job(Row cells) {
    RowOf<columns::job> row(cells);
    Job job = read_shared(row);
    job.progress.message = row.take_text("message");
    job.input = JsonText::trusted(row.take_text("input"));
    if (auto metadata = row.optional_text("metadata"))
        job.metadata = JsonText::trusted(std::move(*metadata));
    if (auto result = row.optional_text("result"))
        job.result = JsonText::trusted(std::move(*result));
    if (const auto error = row.optional_text("error")) job.error = parse_error(*error);
    if (const auto errors = row.optional_text("attempt_errors"))
        job.attempt_errors = parse_attempt_errors(*errors);
    job.attempt = row.small_number("attempt");
    job.max_attempts = row.small_number("max_attempts");
    job.priority = row.small_number("priority");
    job.crashes = row.small_number("crashes");
    job.fence = row.number("fence");
    job.worker = row.take_text("worker");
    job.unique_key = row.optional_text("unique_key");
    job.idempotency_key = row.optional_text("idempotency_key");
    job.limit_key = row.optional_text("limit_key");
    job.timeout = row.duration("timeout");
    job.retention = row.duration("retention");
    job.keep_failed = row.duration("keep_failed");
    job.updated_at = row.time("updated_at");
    const auto completed_at = row.optional_time("completed_at");
    const auto failed_at = row.optional_time("failed_at");
    const auto cancelled_at = row.optional_time("cancelled_at");
    job.finished_at = completed_at ? completed_at : failed_at ? failed_at : cancelled_at;
    job.cancel_requested_at = row.optional_time("cancel_requested_at");
    job.lease_expires_at = row.optional_time("lease_expires_at");
    job.deadline = row.optional_time("deadline");
    if (const auto policy = row.optional_text("on_parent_failure"))
        job.on_parent_failure = parse_parent_failure(*policy);
    job.cancel_reason = row.optional_text("cancel_reason").value_or("");
    if (row.optional_text("steps")) job.steps.emplace_back();
    return job;
}

Job read_summary(Row cells) {
    RowOf<columns::summary> row(cells);
    return read_shared(row);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
