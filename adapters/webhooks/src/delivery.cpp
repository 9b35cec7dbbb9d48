#include "delivery.hpp"

#include <asyncjobs/detail/name_hash.hpp>
#include <asyncjobs/detail/traceparent.hpp>

#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

struct Data {
    std::string job_id = {};
    JobStatus status = JobStatus::completed;
    std::optional<std::string> status_url = {};
    std::int64_t revision = 0;
};
BOOST_DESCRIBE_STRUCT(Data, (), (job_id, status, status_url, revision))

struct Body {
    std::string type = {};
    Timestamp timestamp = {};
    Data data = {};
};
BOOST_DESCRIBE_STRUCT(Body, (), (type, timestamp, data))

struct Trace {
    std::string traceparent = {};
};
BOOST_DESCRIBE_STRUCT(Trace, (), (traceparent))

/// The metadata is the host's, and may contain anything under this name.
std::string trace_of(const Job& job) {
    try {
        auto trace = json::parse<std::optional<Trace>>(job.metadata).value_or(Trace());
        if (detail::is_traceparent(trace.traceparent)) return std::move(trace.traceparent);
    } catch (const Error&) {
    }
    return {};
}

boost::uuids::uuid hash_of(const JobId& job, std::int64_t revision, const Delivery& delivery) {
    return detail::name_hash(fmt::format("{}\n{}\n{}\n{}", job.text(), revision, delivery.endpoint,
                                         delivery.callback_url));
}

} // namespace

JobId delivery_id(const JobId& job, const Delivery& delivery) {
    constexpr std::size_t time_length = 4 + 8 + 1 + 8; // `job-`, the date, `-`, the time of day
    std::string text(detail::job_id_of({}, hash_of(job, delivery.after_revision, delivery)).text());
    text.replace(0, time_length, job.text(), 0, time_length);
    return JobId::parse(text).value();
}

NewJob new_delivery(const JobId& job, const std::string& owner, const Delivery& delivery,
                    const WebhookOptions& options) {
    return new_job(delivery, {.id = delivery_id(job, delivery),
                              .queue = options.queue,
                              .owner = owner,
                              .max_attempts = static_cast<int>(options.retry_delays.size()) + 1,
                              .retention = options.retention,
                              .after = {job},
                              .on_parent_failure = OnParentFailure::run});
}

Message message_of(const Job& job, const Delivery& delivery, std::string_view status_url_prefix) {
    const std::string id(job.id.text());
    Body body{
        .type = event_name(job.status),
        .timestamp = job.finished_at.value(),
        .data = {.job_id = id, .status = job.status, .status_url = {}, .revision = job.revision}};
    if (!status_url_prefix.empty())
        body.data.status_url = fmt::format("{}{}", status_url_prefix, id);
    return {.id = "msg_" + to_string(hash_of(job.id, job.revision, delivery)),
            .status = job.status,
            .body = json::serialize(body).text(),
            .traceparent = trace_of(job)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
