#include "operation.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// The document of a request.
struct SubmitDocument {
    std::string type = {};
    JsonText input = {};
    std::optional<std::string> queue = {};
    std::optional<Timestamp> run_at = {};
    std::optional<Duration> delay = {}; ///< instead of run_at
    std::optional<int> priority = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(SubmitDocument, (), (type, input, queue, run_at, delay, priority, reason))

struct SubmittedDocument {
    std::string job_id = {};
    std::string outcome = {}; ///< see Submitted::Outcome
};
BOOST_DESCRIBE_STRUCT(SubmittedDocument, (), (job_id, outcome))

namespace {

/// As for the document of any other request.
constexpr std::size_t depth_limit = 32;

/// The rule for the type that the request names.
const http::detail::SubmitRule& find_rule(const Service& service, const http::Call& call,
                                          std::string_view type) {
    const auto& types = service.options.submit_types;
    const auto found = std::ranges::find_if(
        types, [&](const SubmitType& one) { return one.rule().job.type == type; });
    if (found == types.end())
        throw http::invalid_input({{"/type", "must be a type that operators may submit"}});
    const auto& rule = found->rule();
    if (rule.permit && !rule.permit(call.principal))
        throw http::Problem(403, "forbidden", "missing permission");
    return rule;
}

/// What the operator decides overrides the type's template.
void apply(const SubmitDocument& wanted, NewJob& job) {
    if (wanted.queue) job.queue = *wanted.queue;
    if (wanted.priority) job.priority = *wanted.priority;
    if (!wanted.run_at && !wanted.delay) return;
    if (wanted.run_at && wanted.delay)
        throw http::invalid_input({{"/delay", "must be left out if run_at is given"}});
    job.run_at = wanted.run_at;
    job.delay = wanted.delay.value_or(Duration{0});
}

/// The job that the request wants, with its checked input. Sets `reason`.
NewJob read_job(const Service& service, const http::Call& call, std::string& reason) {
    auto document = http::detail::read_body(call.request, depth_limit);
    SubmitDocument wanted;
    const auto errors = http::detail::read_members(document.tree(), wanted, {"type", "input"},
                                                   json::UnknownMembers::refuse);
    if (!errors.empty()) throw http::invalid_input(errors);
    const auto& rule = find_rule(service, call, wanted.type);
    NewJob job = rule.job;
    http::Violations violations;
    // From the text, since a tree does not keep every number to the digit.
    job.input = rule.read(std::move(document).member("input"), job, call, violations);
    if (!violations.empty())
        throw http::invalid_input(http::detail::below("/input", violations.all()));
    apply(wanted, job);
    validate(job);
    if (!service.shows(call, job.queue, job.type))
        throw http::Problem(404, "not_found", "no such queue or type");
    reason = std::move(wanted.reason);
    return job;
}

/// A live job that holds the unique key stays as it is.
std::string outcome_of(const Submitted& submitted) {
    if (submitted.outcome == Submitted::Outcome::key_taken)
        throw http::Problem(409, "key_taken", "another job holds the unique key");
    if (submitted.outcome == Submitted::Outcome::parent_missing)
        throw http::invalid_input({{"", "after names a job that does not exist"}});
    return std::string(to_string(submitted.outcome));
}

http::Response submit(Service& service, const http::Call& call) {
    std::string reason;
    NewJob job = read_job(service, call, reason);
    SubmittedDocument document;
    std::string target = std::string(job.type) + " in " + job.queue;
    service.audit.record(
        call, {.action = "submit", .target = std::move(target), .reason = std::move(reason)}, [&] {
            const auto submitted = service.client.submit(std::move(job));
            document = {.job_id = std::string(submitted.id.text()),
                        .outcome = outcome_of(submitted)};
            return document.outcome + ' ' + document.job_id;
        });
    auto response = document_response(document);
    response.status = 202;
    // Relative, so that it is right whatever a proxy has put before the path.
    response.headers.add("Location", "jobs/" + document.job_id);
    return response;
}

} // namespace

std::vector<OperatorRoute> submit_routes() {
    return {{"POST", "/operator/jobs", Right::submit, submit,
             operation({.id = "submitAnyJob",
                        .summary = "Submit a job of a type that the host allows",
                        .response = schema<SubmittedDocument>(),
                        .request = request_schema<SubmitDocument>(),
                        .status = "202"})}};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
