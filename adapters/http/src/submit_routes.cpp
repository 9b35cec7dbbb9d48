#include "job_api_impl.hpp"

#include "negotiation.hpp"
#include <asyncjobs/http/json_reader.hpp>

#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace asyncjobs::http {

/// The document of `POST /jobs`.
struct GenericSubmission {
    std::string type = {};
    boost::json::value input = {};
};
BOOST_DESCRIBE_STRUCT(GenericSubmission, (), (type, input))

namespace {

void check_negotiation(const Headers& request) {
    if (!accepts_json(request))
        throw Problem(406, "not_acceptable", "the answer is application/json");
    if (!is_json(request))
        throw Problem(415, "unsupported_media_type", "the body must be application/json")
            .with_header("Accept", "application/json");
}

[[noreturn]] void throw_violations(const json::Mismatches& errors) {
    throw Problem(422, "invalid_input", "the request's document breaks rules; see errors")
        .with_errors(errors);
}

json::Mismatches below(std::string_view pointer, json::Mismatches mismatches) {
    for (auto& mismatch : mismatches) mismatch.pointer.insert(0, pointer);
    return mismatches;
}

} // namespace

namespace detail {

json::Mismatches missing_members(const boost::json::value& document,
                                 const std::vector<std::string>& required) {
    json::Mismatches missing;
    const auto* object = document.if_object();
    if (!object) return missing;
    for (const auto& name : required) {
        if (object->contains(name)) continue;
        missing.push_back({"", "is required"});
        json::detail::append_token(missing.back().pointer, name);
    }
    return missing;
}

SubmitRule make_rule(UntypedSubmitRoute route) {
    SubmitRule rule;
    rule.job = {.type = route.type,
                .queue = route.queue,
                .max_attempts = route.max_attempts,
                .timeout = route.timeout,
                .retention = route.retention};
    rule.permit = route.permit;
    rule.read = [route = std::move(route)](const boost::json::value& document,
                                           std::string_view text, const Call& call,
                                           Violations& violations) {
        violations.found_by_reading(missing_members(document, route.required));
        if (!route.required.empty() && !document.is_object())
            violations.found_by_reading({{"", "expected an object"}});
        if (route.check) route.check(document, call, violations);
        return violations.empty() ? JsonText::parse(std::string(text)) : JsonText();
    };
    return rule;
}

} // namespace detail

void JobApi::Impl::add_submit_route(std::string_view path, detail::SubmitRule rule) {
    validate(rule.job);
    metrics_.follow(rule.job.queue, rule.job.type);
    const RouteOptions options{.permit = rule.permit};
    add_route(
        "POST", path,
        [this, rule = std::move(rule)](const Call& call) { return submit(rule, call); }, options);
}

void JobApi::Impl::add_generic_type(detail::SubmitRule rule) {
    validate(rule.job);
    metrics_.follow(rule.job.queue, rule.job.type);
    if (generic_types_.empty())
        add_route("POST", "/jobs", [this](const Call& call) { return submit_generic(call); });
    std::string type = rule.job.type;
    if (!generic_types_.try_emplace(type, std::move(rule)).second)
        throw Error(Errc::invalid_argument, "the type \"" + type + "\" is allowed already");
}

Response JobApi::Impl::submit(const detail::SubmitRule& rule, const Call& call) {
    check_negotiation(call.request.headers);
    const auto document = read_json(call.request.body, options_.depth_limit);
    Violations violations;
    JsonText input = rule.read(document, call.request.body, call, violations);
    if (!violations.empty()) throw_violations(violations.all());
    return accept(rule, std::move(input), call);
}

Response JobApi::Impl::submit_generic(const Call& call) {
    check_negotiation(call.request.headers);
    const auto document = read_json(call.request.body, options_.depth_limit);
    GenericSubmission submission;
    auto errors = detail::missing_members(document, {"type", "input"});
    for (auto& found : json::read(document, submission, json::UnknownMembers::refuse))
        errors.push_back(std::move(found));
    const auto rule = generic_types_.find(submission.type);
    if (errors.empty() && rule == generic_types_.end())
        errors.push_back({"/type", "is not a type that can be submitted here"});
    if (!errors.empty()) throw_violations(errors);
    if (rule->second.permit && !rule->second.permit(call.principal))
        throw Problem(403, "forbidden", "you may not do this");

    std::string text(member_text(call.request.body, "input"));
    if (text.empty()) text = boost::json::serialize(submission.input);
    Violations violations;
    JsonText input = rule->second.read(submission.input, text, call, violations);
    if (!violations.empty()) throw_violations(below("/input", violations.all()));
    return accept(rule->second, std::move(input), call);
}

Response JobApi::Impl::accept(const detail::SubmitRule& rule, JsonText input, const Call& call) {
    NewJob job = rule.job;
    job.owner = call.principal.owner;
    job.input = std::move(input);
    const Submitted submitted = client_.submit(std::move(job));

    Job accepted{.id = submitted.id, .type = rule.job.type, .queue = rule.job.queue};
    accepted.created_at = accepted.run_at = submitted.created_at;
    const auto expected = estimate(accepted);
    Response response =
        json_response(202, accepted_document(submitted.id, submitted.created_at, links_, expected));
    response.headers.set("Location", links_.status(submitted.id));
    response.headers.set("Retry-After", retry_after_value(expected));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

} // namespace asyncjobs::http
