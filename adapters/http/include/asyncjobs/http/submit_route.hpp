#pragma once

#include <asyncjobs/handler.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/job.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/json_schema.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Whether a principal may use a route; false: the response is 403.
using Permit = std::function<bool(const Principal&)>;

/// How a request becomes a job of type `Input::type`. Made for designated initialisers.
///
/// The functions are called from several of the API's threads at once.
template <typename Input>
struct SubmitRoute {
    std::string queue = "default";
    int max_attempts = 5;                            ///< 1-1000
    TimeSpan timeout = {};                           ///< of one attempt; 0: none
    TimeSpan retention = std::chrono::hours{24 * 7}; ///< how long a finished job stays readable
    /// 0 - 366 days; the usual run time, for `estimated_completion` until runs have been measured.
    /// 0: unknown.
    TimeSpan expected_run = {};
    std::vector<std::string> required = {}; ///< top-level members that must be present
    /// Top-level members that `prepare` sets. For clients they are unknown members.
    std::vector<std::string> set_by_host = {};
    json::UnknownMembers unknown_members = json::UnknownMembers::refuse;
    /// Completes the input and adds violations; called even if reading found mismatches.
    std::function<void(Input&, const Call&, Violations&)> prepare = {};
    Permit permit = {};
    JsonText result_schema = {}; ///< for `/openapi.json`: json::schema_of_serialized<Result>()
    JsonText operation = {};     ///< as RouteOptions::operation; not for generic types
};

/// How a request becomes a job whose input is any JSON, kept byte for byte.
struct UntypedSubmitRoute {
    std::string type = {};
    std::string queue = "default";
    int max_attempts = 5;
    TimeSpan timeout = {};
    TimeSpan retention = std::chrono::hours{24 * 7};
    TimeSpan expected_run = {}; ///< as SubmitRoute::expected_run
    std::vector<std::string> required = {};
    std::function<void(const boost::json::value&, const Call&, Violations&)> check = {};
    Permit permit = {};
    JsonText input_schema = {};  ///< a JSON Schema, for `/openapi.json` only; not enforced
    JsonText result_schema = {}; ///< a JSON Schema, for `/openapi.json` only
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
    NewJob job = {}; ///< without id, owner and input
    /// Makes the job's input of a document and its text. Meaningless if it adds violations.
    std::function<JsonText(const boost::json::value&, std::string_view text, const Call&,
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

ASYNCJOBS_HTTP_DECL SubmitRule make_rule(UntypedSubmitRoute route);

template <DescribedJob Input>
SubmitRule make_rule(SubmitRoute<Input> route) {
    SubmitRule rule;
    rule.job = {.type = std::string(Input::type),
                .queue = route.queue,
                .max_attempts = route.max_attempts,
                .timeout = route.timeout,
                .retention = route.retention};
    rule.expected_run = route.expected_run;
    rule.permit = route.permit;
    rule.description = {.input_schema = json::schema_of<Input>(route.unknown_members),
                        .required = route.required,
                        .set_by_host = route.set_by_host,
                        .result_schema = route.result_schema,
                        .operation = route.operation};
    rule.read = [route = std::move(route)](const boost::json::value& document, std::string_view,
                                           const Call& call, Violations& violations) {
        auto input = json::detail::made_empty<Input>();
        const auto* from_client = &document;
        boost::json::value rest;
        json::Mismatches wrong;
        if (!route.set_by_host.empty()) {
            rest = document;
            wrong = take_out(rest, route.set_by_host, route.unknown_members);
            from_client = &rest;
        }
        for (auto& found : read_members(*from_client, input, route.required, route.unknown_members))
            wrong.push_back(std::move(found));
        violations.found_by_reading(std::move(wrong));
        if (route.prepare) route.prepare(input, call, violations);
        return violations.empty() ? json::serialize(input) : JsonText();
    };
    return rule;
}

} // namespace detail
} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
