#include "routes/route_job.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Members of the metadata that the library writes.
constexpr std::array reserved_metadata = {"idempotency", "traceparent"};

void must_be_left_out(std::string_view member, bool is_given, std::string_view reason) {
    if (is_given)
        throw Error(Errc::invalid_argument,
                    fmt::format("job.{} must be left out: {}", member, reason));
}

void must_not_be_set(std::string_view member, bool is_set, std::string_view reason) {
    if (is_set)
        throw std::logic_error(fmt::format("prepare must not set job.{}: {}", member, reason));
}

constexpr std::string_view each_its_own = "each job gets its own";
constexpr std::string_view is_the_caller = "it is the caller";
constexpr std::string_view is_the_body = "it is the request's";
constexpr std::string_view is_the_header = "it is the request's Idempotency-Key";
constexpr std::string_view only_prepare_knows = "only prepare can know it";

/// Of the metadata, for members that the library adds.
constexpr std::size_t reserved_size = 512;
constexpr std::size_t max_metadata = NewJob::max_metadata - reserved_size;

/// The rule that a job's metadata, an object or null, breaks besides those of validate(); empty if
/// none.
std::string fault_of_metadata(const JsonText& metadata) {
    if (metadata == JsonText()) return {};
    if (metadata.text().size() > max_metadata)
        return fmt::format("metadata must be at most {} bytes", max_metadata);
    const auto document = json::to_value(metadata);
    const auto* const object = document.if_object();
    for (const char* member : reserved_metadata)
        if (object && object->contains(member))
            return fmt::format("metadata must not have the member \"{}\", which the library writes",
                               member);
    return {};
}

/// Otherwise a caller could change a job of another owner, which it can't even see.
bool may_replace_jobs_of_others(const NewJob& job) {
    return job.on_conflict == OnConflict::replace &&
           (job.unique_key || (job.unique_by && !job.unique_by->owner));
}

constexpr std::string_view replaces_others =
    "on_conflict must not be replace unless unique_by.owner is true: a caller could change the "
    "job of another owner";

/// Checks unique_by without an input.
void check_unique_by(NewJob job) {
    if (!job.unique_by) return;
    job.unique_by->input = false;
    job.unique_by->members.clear();
    make_unique_key(job, Timestamp{});
}

/// The members that a template and `prepare` may set. Throws Error (Errc::invalid_argument) that
/// names the member and the rule.
void check_members(const NewJob& job) {
    validate(job);
    check_unique_by(job);
    if (const auto fault = fault_of_metadata(job.metadata); !fault.empty())
        throw Error(Errc::invalid_argument, fault);
    if (may_replace_jobs_of_others(job))
        throw Error(Errc::invalid_argument, std::string(replaces_others));
}

} // namespace

/// Does not compile with another member of NewJob until that is listed here, and thus decided.
void check_template(const NewJob& job) {
    const auto& [id, type, input, metadata, queue, owner, priority, max_attempts, run_at, delay,
                 deadline, start_within, timeout, retention, keep_failed, unique_key, unique_by,
                 on_conflict, idempotency_key, limit_key, after, on_parent_failure] = job;
    must_be_left_out("id", id != JobId(), each_its_own);
    must_be_left_out("owner", !owner.empty(), is_the_caller);
    must_be_left_out("input", input != JsonText(), is_the_body);
    must_be_left_out("idempotency_key", idempotency_key.has_value(), is_the_header);
    must_be_left_out("run_at", run_at.has_value(), "set delay, or let prepare set it");
    must_be_left_out("deadline", deadline.has_value(), "set start_within, or let prepare set it");
    must_be_left_out("after", !after.empty(), only_prepare_knows);
    check_members(job);
}

NewJob job_for(const detail::SubmitRule& rule, const Call& call) {
    NewJob job = rule.job;
    job.owner = call.principal.owner;
    return job;
}

void check_prepared(const NewJob& job, const NewJob& kind, const std::string& owner) {
    must_not_be_set("id", job.id != JobId(), each_its_own);
    must_not_be_set("type", job.type != kind.type, "it is the route's");
    must_not_be_set("owner", job.owner != owner, is_the_caller);
    must_not_be_set("input", job.input != JsonText(), is_the_body);
    must_not_be_set("idempotency_key", job.idempotency_key.has_value(), is_the_header);
    try {
        check_members(job);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_argument) throw;
        throw std::logic_error("prepare has made the job invalid: " + error.message());
    }
}

void derive_unique_key(NewJob& job, Timestamp now) {
    try {
        make_unique_key(job, now);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_argument) throw;
        throw invalid_member(error.message());
    }
}

void add_to_metadata(NewJob& job, const boost::json::object& members) {
    if (members.empty()) return;
    std::string text = boost::json::serialize(members);
    const auto& given = job.metadata.text();
    const auto open = given.find('{'), close = given.rfind('}');
    if (open != given.npos) { // else it is null
        const auto inside = std::string_view(given).substr(open + 1, close - open - 1);
        const bool is_empty = inside.find_first_not_of(" \t\r\n") == inside.npos;
        if (!is_empty) text.insert(1, std::string(inside) + ',');
    }
    job.metadata = JsonText::trusted(std::move(text));
}

Problem invalid_member(std::string detail) { return invalid_input({{"", std::move(detail)}}); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
