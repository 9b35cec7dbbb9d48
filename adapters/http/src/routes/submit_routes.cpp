#include "routes/submit_routes.hpp"

#include "openapi/json_object.hpp"
#include "openapi/submissions.hpp"
#include "routes/route_job.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/value_to.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A member that is read elsewhere.
struct AnyJson {
    friend AnyJson tag_invoke(const boost::json::value_to_tag<AnyJson>&,
                              const boost::json::value&) {
        return {};
    }
};

/// The document of `POST /jobs`.
struct GenericSubmission {
    std::string type = {};
    AnyJson input = {};
};
BOOST_DESCRIBE_STRUCT(GenericSubmission, (), (type, input))

namespace {

void check(const detail::SubmitRule& rule) {
    using asyncjobs::detail::check_range;
    if (!rule.mistake.empty()) throw Error(Errc::invalid_argument, rule.mistake);
    check_template(rule.job);
    check_range("expected_run", rule.expected_run, Duration{0}, Duration{std::chrono::days{366}});
    openapi::input_schema(rule.description);
    openapi::object_of(rule.description.result_schema, "result_schema");
}

} // namespace

namespace detail {

json::Mismatches take_out(boost::json::value& document, const std::vector<std::string>& members,
                          json::UnknownMembers unknown_members) {
    json::Mismatches mismatches;
    auto* const object = document.if_object();
    if (!object) return mismatches;
    for (const auto& name : members)
        if (object->erase(name) > 0 && unknown_members == json::UnknownMembers::refuse)
            mismatches.push_back({'/' + name, "is unknown here"});
    return mismatches;
}

SubmitRule make_rule(SubmitRoute<> route) {
    SubmitRule rule = make_untyped_part(route);
    if (!route.set_by_host.empty())
        rule.mistake = "set_by_host must be empty: the input of an untyped route does not change";
    if (route.unknown_members != json::UnknownMembers::refuse)
        rule.mistake = "unknown_members must be left out: an untyped route has no known members";
    rule.read = [route = std::move(route)](const asyncjobs::detail::JsonDocument& document,
                                           NewJob& job, const Call& call, Violations& violations) {
        violations.found_by_reading(missing_members(document.tree(), route.required));
        if (!route.required.empty() && !document.tree().is_object())
            violations.found_by_reading({{"", "expected an object"}});
        if (route.prepare) route.prepare(document.tree(), job, call, violations);
        return violations.empty() ? document.text() : JsonText();
    };
    return rule;
}

} // namespace detail

void SubmitRoutes::check(const detail::SubmitRule& rule, const std::string& route) {
    try {
        http::check(rule);
    } catch (const Error& error) {
        throw Error(Errc::invalid_argument, route + ": " + error.message());
    }
}

void SubmitRoutes::allow(detail::SubmitRule rule) {
    std::string type = rule.job.type;
    if (!generic_types_.try_emplace(type, std::move(rule)).second)
        throw Error(Errc::invalid_argument, "the type \"" + type + "\" is already allowed");
}

HandlerResult SubmitRoutes::submit(const detail::SubmitRule& rule, const Call& call) {
    const auto document = detail::read_body(call.request, options_.depth_limit);
    Violations violations;
    NewJob job = job_for(rule, call);
    JsonText input = rule.read(document, job, call, violations);
    if (!violations.empty()) throw invalid_input(violations.all());
    return accept(rule, std::move(job), std::move(input), call);
}

HandlerResult SubmitRoutes::submit_generic(const Call& call) {
    auto document = detail::read_body(call.request, options_.depth_limit);
    GenericSubmission submission;
    auto errors = detail::read_members(document.tree(), submission, {"type", "input"},
                                       json::UnknownMembers::refuse);
    const auto rule = generic_types_.find(submission.type);
    if (errors.empty() && rule == generic_types_.end())
        errors.push_back({"/type", "must be a type that this route accepts"});
    if (!errors.empty()) throw invalid_input(errors);
    if (rule->second.permit && !rule->second.permit(call.principal))
        throw Problem(403, "forbidden", "missing permission");

    Violations violations;
    NewJob job = job_for(rule->second, call);
    JsonText input = rule->second.read(std::move(document).member("input"), job, call, violations);
    if (!violations.empty()) throw invalid_input(detail::below("/input", violations.all()));
    return accept(rule->second, std::move(job), std::move(input), call);
}

HandlerResult SubmitRoutes::accept(const detail::SubmitRule& rule, NewJob job, JsonText input,
                                   const Call& call) {
    if (rule.has_prepare) check_prepared(job, rule.job, call.principal.owner);
    job.input = std::move(input);
    return submitter_.submit(std::move(job), call);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
