#include "job_record.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

using namespace asyncjobs;

namespace {

boost::json::value optional(const std::optional<Timestamp>& time) {
    return time ? boost::json::value(number(*time)) : boost::json::value();
}

int integer(const boost::json::value& value) { return value.to_number<int>(); }

std::optional<Timestamp> optional_time(const boost::json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(time(value));
}

boost::json::array texts(const std::vector<JobId>& ids) {
    boost::json::array texts;
    for (const JobId& id : ids) texts.emplace_back(id.text());
    return texts;
}

std::vector<JobId> ids(const boost::json::value& texts) {
    std::vector<JobId> ids;
    for (const boost::json::value& id : texts.as_array())
        ids.push_back(JobId::parse(text(id)).value());
    return ids;
}

} // namespace

boost::json::object to_record(const JobRecord& job) {
    boost::json::object record{{"id", job.id.text()},
                               {"type", job.type},
                               {"queue", job.queue},
                               {"owner", job.owner},
                               {"priority", job.priority},
                               {"status", to_string(job.status)},
                               {"percent", job.progress.percent},
                               {"message", job.progress.message},
                               {"input", job.input.text()},
                               {"metadata", job.metadata.text()},
                               {"attempt", job.attempt},
                               {"max_attempts", job.max_attempts},
                               {"crashes", job.crashes},
                               {"fence", job.fence},
                               {"revision", job.revision},
                               {"worker", job.worker},
                               {"timeout", number(job.timeout)},
                               {"retention", number(job.retention)},
                               {"keep_failed", number(job.keep_failed)},
                               {"created_at", number(job.created_at)},
                               {"updated_at", number(job.updated_at)},
                               {"run_at", number(job.run_at)},
                               {"parents", job.parents},
                               {"blocked_by", job.blocked_by},
                               {"on_parent_failure", static_cast<int>(job.on_parent_failure)},
                               {"cancel_reason", job.cancel_reason},
                               {"deadline", optional(job.deadline)},
                               {"started_at", optional(job.started_at)},
                               {"finished_at", optional(job.finished_at)},
                               {"cancel_requested_at", optional(job.cancel_requested_at)},
                               {"lease_expires_at", optional(job.lease_expires_at)},
                               {"expires_at", optional(job.expires_at)},
                               {"claimed_ahead", job.ahead.claimed},
                               {"lost_ahead", job.ahead.lost},
                               {"lease_for", number(job.lease_for)}};
    if (!job.throttled_by.empty())
        record["throttled_by"] =
            boost::json::array(job.throttled_by.begin(), job.throttled_by.end());
    if (job.unique_key) record["unique_key"] = *job.unique_key;
    if (job.idempotency_key) record["idempotency_key"] = *job.idempotency_key;
    if (job.limit_key) record["limit_key"] = *job.limit_key;
    if (job.result) record["result"] = job.result->text();
    if (job.error)
        record["error"] = boost::json::object{{"code", job.error->code},
                                              {"message", job.error->message},
                                              {"details", job.error->details.text()}};
    boost::json::array attempt_errors;
    for (const AttemptError& error : job.attempt_errors)
        attempt_errors.push_back(boost::json::object{{"attempt", error.attempt},
                                                     {"at", number(error.at)},
                                                     {"worker", error.worker},
                                                     {"code", error.code},
                                                     {"message", error.message}});
    record["attempt_errors"] = std::move(attempt_errors);
    boost::json::array steps;
    for (const Step& step : job.steps)
        steps.push_back(boost::json::object{{"name", step.name}, {"result", step.result.text()}});
    record["steps"] = std::move(steps);
    record["all_parents"] = texts(job.all_parents);
    record["open_parents"] = texts(job.open_parents);
    return record;
}

JobRecord from_record(const boost::json::value& value) {
    const boost::json::object& record = value.as_object();
    JobRecord job{{{.id = JobId::parse(text(record.at("id"))).value(),
                    .type = text(record.at("type")),
                    .queue = text(record.at("queue")),
                    .owner = text(record.at("owner")),
                    .priority = integer(record.at("priority")),
                    .status = parse_job_status(text(record.at("status"))).value(),
                    .progress = {integer(record.at("percent")), text(record.at("message"))},
                    .input = JsonText::trusted(text(record.at("input"))),
                    .metadata = JsonText::trusted(text(record.at("metadata"))),
                    .attempt = integer(record.at("attempt")),
                    .max_attempts = integer(record.at("max_attempts")),
                    .crashes = integer(record.at("crashes")),
                    .fence = record.at("fence").as_int64(),
                    .revision = record.at("revision").as_int64(),
                    .worker = text(record.at("worker")),
                    .parents = integer(record.at("parents")),
                    .blocked_by = integer(record.at("blocked_by")),
                    .on_parent_failure = OnParentFailure(integer(record.at("on_parent_failure"))),
                    .cancel_reason = text(record.at("cancel_reason")),
                    .timeout = duration(record.at("timeout")),
                    .retention = duration(record.at("retention")),
                    .keep_failed = duration(record.at("keep_failed")),
                    .created_at = time(record.at("created_at")),
                    .updated_at = time(record.at("updated_at")),
                    .run_at = time(record.at("run_at")),
                    .deadline = optional_time(record.at("deadline")),
                    .started_at = optional_time(record.at("started_at")),
                    .finished_at = optional_time(record.at("finished_at")),
                    .cancel_requested_at = optional_time(record.at("cancel_requested_at")),
                    .lease_expires_at = optional_time(record.at("lease_expires_at")),
                    .expires_at = optional_time(record.at("expires_at"))},
                   {record.at("claimed_ahead").as_bool(), record.at("lost_ahead").as_bool()},
                   duration(record.at("lease_for"))},
                  ids(record.at("all_parents")),
                  ids(record.at("open_parents"))};
    if (const auto* limits = record.if_contains("throttled_by"))
        for (const auto& limit : limits->as_array()) job.throttled_by.insert(text(limit));
    if (const auto* key = record.if_contains("unique_key")) job.unique_key = text(*key);
    if (const auto* key = record.if_contains("idempotency_key")) job.idempotency_key = text(*key);
    if (const auto* key = record.if_contains("limit_key")) job.limit_key = text(*key);
    if (const auto* result = record.if_contains("result"))
        job.result = JsonText::trusted(text(*result));
    if (const auto* error = record.if_contains("error"))
        job.error = JobError{.code = text(error->at("code")),
                             .message = text(error->at("message")),
                             .details = JsonText::trusted(text(error->at("details")))};
    for (const boost::json::value& error : record.at("attempt_errors").as_array())
        job.attempt_errors.push_back({.attempt = integer(error.at("attempt")),
                                      .at = time(error.at("at")),
                                      .worker = text(error.at("worker")),
                                      .code = text(error.at("code")),
                                      .message = text(error.at("message"))});
    for (const boost::json::value& step : record.at("steps").as_array())
        job.steps.push_back({text(step.at("name")), JsonText::trusted(text(step.at("result")))});
    return job;
}
