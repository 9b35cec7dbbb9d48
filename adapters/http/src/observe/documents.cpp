#include "observe/documents.hpp"

#include "message/fnv.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Most texts need no escapes.
bool is_plain(std::string_view text) noexcept {
    return std::ranges::all_of(
        text, [](unsigned char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7F; });
}

void append_quoted(std::string& out, std::string_view text) {
    if (!is_plain(text)) {
        out += boost::json::serialize(boost::json::string(text.data(), text.size()));
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

/// Estimates are in whole seconds: they are no more precise than that.
std::optional<Timestamp> whole_seconds(std::optional<Timestamp> time) {
    if (!time) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(*time);
}

/// An exception's text is for operators; clients get a fixed one.
std::string error_document(const JobError& error, bool with_details) {
    const bool internal = error.code == error_code::internal_error;
    ObjectWriter writer;
    writer.text("code", error.code);
    writer.text("message", internal ? "the job failed because of an internal error"
                                    : std::string_view(error.message));
    if (with_details) writer.raw("details", internal ? "null" : error.details.text());
    return std::move(writer).finish();
}

/// Writes the members of a job that waits for its next attempt.
void write_retry(ObjectWriter& writer, const Job& job, bool with_details) {
    if (job.status != JobStatus::pending || job.attempt == 0 || !job.error) return;
    writer.number("attempt", job.attempt);
    writer.raw("last_error", error_document(*job.error, with_details));
    writer.time("next_attempt_at", job.run_at);
}

void write_active(ObjectWriter& writer, const Job& job, std::optional<Timestamp> expected,
                  bool with_details) {
    writer.number("progress", job.progress.percent);
    if (job.status == JobStatus::processing) writer.text("message", job.progress.message);
    writer.time("created_at", job.created_at);
    if (job.status == JobStatus::processing) writer.time("started_at", job.started_at);
    writer.time("updated_at", job.updated_at);
    writer.time("cancel_requested_at", job.cancel_requested_at);
    writer.time("estimated_completion", whole_seconds(expected));
    write_retry(writer, job, with_details);
}

void write_times(ObjectWriter& writer, const Job& job, std::string_view finished) {
    writer.time("created_at", job.created_at);
    if (job.status != JobStatus::cancelled) writer.time("started_at", job.started_at);
    writer.time(finished, job.finished_at).time("expires_at", job.expires_at);
}

} // namespace

ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(out_, value);
    return *this;
}

ObjectWriter& ObjectWriter::number(std::string_view name, std::int64_t value) {
    return raw(name, std::to_string(value));
}

ObjectWriter& ObjectWriter::time(std::string_view name, std::optional<Timestamp> value) {
    return value ? text(name, to_rfc3339(*value)) : *this;
}

void ObjectWriter::begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_quoted(out_, name);
    out_ += ':';
}

std::string ObjectWriter::finish() && {
    out_ += '}';
    return std::move(out_);
}

std::string Links::status(const JobId& id) const {
    return base + "/jobs/" + std::string(id.text());
}

std::string Links::result(const JobId& id) const { return status(id) + "/result"; }

TransformedResult transform_result(const Job& job, const TransformResult& present) {
    TransformedResult shown;
    if (job.status != JobStatus::completed || !job.result) return shown;
    if (present) {
        auto value = json::to_value(*job.result);
        // Boost.JSON's comparison ends the process when memory is exhausted.
        const auto stored = boost::json::serialize(value);
        present(job, value);
        auto text = boost::json::serialize(value);
        if (text != stored) return {std::move(text), true};
    }
    shown.text = job.result->text();
    return shown;
}

std::string make_etag(const Job& job, const TransformedResult& result) {
    if (!result.changed) return fmt::format("\"{}\"", job.revision);
    return fmt::format("\"{}-{:016x}\"", job.revision, fnv(result.text));
}

std::string status_document(const Job& job, const TransformedResult& result, const Links& links,
                            std::optional<Timestamp> expected, bool with_status_url) {
    ObjectWriter writer;
    writer.text("job_id", job.id.text()).text("status", to_string(job.status));
    switch (job.status) {
    case JobStatus::pending:
    case JobStatus::processing:
        write_active(writer, job, expected, true);
        break;
    case JobStatus::completed:
        writer.number("progress", job.progress.percent).raw("result", result.text);
        writer.text("result_url", links.result(job.id));
        write_times(writer, job, "completed_at");
        break;
    case JobStatus::failed:
        writer.raw("error", error_document(job.error.value_or(JobError{}), true));
        write_times(writer, job, "failed_at");
        break;
    case JobStatus::cancelled:
        write_times(writer, job, "cancelled_at");
        break;
    }
    if (with_status_url) writer.text("status_url", links.status(job.id));
    return std::move(writer).finish();
}

std::string summary_document(const Job& job, const Links& links) {
    ObjectWriter writer;
    writer.text("job_id", job.id.text()).text("type", job.type);
    writer.text("status", to_string(job.status));
    switch (job.status) {
    case JobStatus::pending:
    case JobStatus::processing:
        write_active(writer, job, std::nullopt, false);
        break;
    case JobStatus::completed:
        writer.number("progress", job.progress.percent);
        writer.text("result_url", links.result(job.id));
        write_times(writer, job, "completed_at");
        break;
    case JobStatus::failed:
        writer.raw("error", error_document(job.error.value_or(JobError{}), false));
        write_times(writer, job, "failed_at");
        break;
    case JobStatus::cancelled:
        write_times(writer, job, "cancelled_at");
        break;
    }
    writer.text("status_url", links.status(job.id));
    return std::move(writer).finish();
}

std::string accepted_document(const JobId& id, Timestamp created_at, const Links& links,
                              std::optional<Timestamp> expected) {
    ObjectWriter writer;
    writer.text("job_id", id.text()).text("status", to_string(JobStatus::pending));
    writer.time("created_at", created_at).time("estimated_completion", whole_seconds(expected));
    writer.text("status_url", links.status(id));
    return std::move(writer).finish();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
