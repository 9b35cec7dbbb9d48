#pragma once

#include <asyncjobs/detail/json_document.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/json_schema.hpp>

#include <boost/json/value.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether a principal may use a route; false: the response is 403.
using Permit = std::function<bool(const Principal&)>;

/// How a request becomes a job. Made for designated initialisers:
/// `{.job = {.queue = "photos", .priority = 10}, .required = {"url"}}`.
///
/// `Input` is a described struct that names the job's type, or boost::json::value: any JSON, kept
/// byte for byte. The functions are called from several of the API's threads at once.
template <typename Input = boost::json::value>
struct SubmitRoute {
    static constexpr bool is_typed = !std::same_as<Input, boost::json::value>;
    /// The input, as `prepare` receives it: only a typed one may be changed.
    using Prepared = std::conditional_t<is_typed, Input, const Input>;

    /// What the route's jobs have in common. Must leave out `id`, `owner`, `input` and
    /// `idempotency_key`, which follow from the request; the `type` of a typed route, which is that
    /// of the input; and `run_at`, `deadline` and `after`, which only `prepare` can know.
    NewJob job = {};
    /// 0 - 366 days; the usual run time, for `estimated_completion` until runs have been measured.
    /// 0: unknown.
    TimeSpan expected_run = {};
    std::vector<std::string> required = {}; ///< top-level members that must be present
    /// Top-level members that `prepare` sets. For clients they are unknown members. Typed only.
    std::vector<std::string> set_by_host = {};
    json::UnknownMembers unknown_members = json::UnknownMembers::refuse; ///< typed only
    /// Completes the input and the job, and adds violations; called even if reading found
    /// mismatches. The job is the template with the caller as owner, and without input. May set
    /// every member but `id`, `type`, `owner`, `input` and `idempotency_key`. Setting one of these,
    /// or another one to a value that breaks a rule of NewJob, is a 500; the log names member and
    /// rule.
    std::function<void(Prepared&, NewJob&, const Call&, Violations&)> prepare = {};
    Permit permit = {};
    JsonText input_schema = {};  ///< a JSON Schema, for `/openapi.json` only; untyped only
    JsonText result_schema = {}; ///< for `/openapi.json`: json::schema_of_serialized<Result>()
    JsonText operation = {};     ///< as RouteOptions::operation; not for generic types
};

namespace detail {

/// The description of a submit route in `/openapi.json`.
struct SubmitDescription {
    JsonText input_schema = {};
    std::vector<std::string> required = {};
    std::vector<std::string> set_by_host = {};
    JsonText result_schema = {};
    JsonText operation = {};
};

/// A submit route without its type.
struct SubmitRule {
    NewJob job = {};
    bool has_prepare = false;
    std::string mistake = {}; ///< a member that does not apply to the route, and why
    /// Makes the job's input of a document, and lets the host prepare the job. Meaningless if it
    /// adds violations.
    std::function<JsonText(const asyncjobs::detail::JsonDocument&, NewJob&, const Call&,
                           Violations&)>
        read = {};
    Duration expected_run = {};
    Permit permit = {};
    SubmitDescription description = {};
};

/// Erases `members` of an object, and returns a mismatch for each one present unless unknown
/// members are ignored.
ASYNCJOBS_HTTP_DECL json::Mismatches take_out(boost::json::value& document,
                                              const std::vector<std::string>& members,
                                              json::UnknownMembers unknown_members);

ASYNCJOBS_HTTP_DECL SubmitRule make_rule(SubmitRoute<> route);

/// The part of a rule that does not depend on the input's type.
template <typename Input>
SubmitRule make_untyped_part(const SubmitRoute<Input>& route) {
    SubmitRule rule;
    rule.job = route.job;
    rule.has_prepare = static_cast<bool>(route.prepare);
    rule.expected_run = route.expected_run;
    rule.permit = route.permit;
    rule.description = {.input_schema = route.input_schema,
                        .required = route.required,
                        .set_by_host = route.set_by_host,
                        .result_schema = route.result_schema,
                        .operation = route.operation};
    return rule;
}

template <DescribedJob Input>
SubmitRule make_rule(SubmitRoute<Input> route) {
    SubmitRule rule = make_untyped_part(route);
    if (!route.job.type.empty())
        rule.mistake = "job.type must be left out: it is that of the input";
    if (route.input_schema != JsonText())
        rule.mistake = "input_schema must be null: it follows from the input's type";
    rule.job.type = std::string_view(Input::type);
    rule.description.input_schema = json::schema_of<Input>(route.unknown_members);
    rule.read = [route = std::move(route)](const asyncjobs::detail::JsonDocument& document,
                                           NewJob& job, const Call& call, Violations& violations) {
        auto input = json::detail::made_empty<Input>();
        const auto* from_client = &document.tree();
        boost::json::value rest;
        json::Mismatches wrong;
        if (!route.set_by_host.empty()) {
            rest = document.tree();
            wrong = take_out(rest, route.set_by_host, route.unknown_members);
            from_client = &rest;
        }
        for (auto& found : read_members(*from_client, input, route.required, route.unknown_members))
            wrong.push_back(std::move(found));
        violations.found_by_reading(std::move(wrong));
        if (route.prepare) route.prepare(input, job, call, violations);
        return violations.empty() ? json::serialize(input) : JsonText();
    };
    return rule;
}

} // namespace detail
} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
