#include "openapi/document.hpp"

#include "openapi/components.hpp"
#include "openapi/job_schemas.hpp"
#include "openapi/json_object.hpp"
#include "openapi/names.hpp"
#include "openapi/operation.hpp"
#include "openapi/problems.hpp"
#include "openapi/references.hpp"
#include "openapi/webhooks.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

using boost::json::array;
using boost::json::object;

object info(const OpenApiOptions& options) {
    object info{{"title", options.title}, {"version", options.version}};
    add_missing(info, object_of(options.info, "openapi.info"));
    return info;
}

object security_scheme(const OpenApiOptions& options) {
    auto scheme = object_of(options.security, "openapi.security");
    return scheme.empty() ? object{{"type", "http"}, {"scheme", "bearer"}} : scheme;
}

bool is_generic(const Mounted& mounted, const Route& route) {
    return !mounted.generic_types.empty() && route.method == "POST" &&
           route.path == mounted.options.prefix + "/jobs";
}

bool takes_callback(const Mounted& mounted, const Route& route) {
    const auto& options = mounted.options;
    if (!options.openapi.webhooks) return false;
    if (route.submission || is_generic(mounted, route))
        return static_cast<bool>(options.companion_jobs);
    return options.companion_jobs_for_retry && route.method == "POST" &&
           route.path == options.prefix + "/jobs/{id}/retry";
}

/// Whether a job of this route can have a unique key.
bool may_conflict(const detail::SubmitRule& rule) {
    return rule.has_prepare || rule.job.unique_key || rule.job.unique_by;
}

Mounting mounting(const Mounted& mounted, const Route& route, SchemaBook& schemas) {
    const auto& prefix = mounted.options.prefix;
    Mounting facts{.path = route.path,
                   .authenticated =
                       route.access == Access::authenticated && !mounted.options.allow_anonymous,
                   .may_forbid = static_cast<bool>(route.permit)};
    if (facts.path.starts_with(prefix)) facts.path.remove_prefix(prefix.size());
    facts.takes_callback = takes_callback(mounted, route);
    if (route.submission) {
        facts.request_body = request_body(*route.submission, schemas);
        facts.may_conflict = may_conflict(*route.submission);
    }
    if (is_generic(mounted, route)) {
        facts.request_body = request_body(mounted.generic_types, schemas);
        facts.may_forbid = std::ranges::any_of(mounted.generic_types, [](const auto& entry) {
            return static_cast<bool>(entry.second.permit);
        });
        facts.may_conflict = std::ranges::any_of(
            mounted.generic_types, [](const auto& entry) { return may_conflict(entry.second); });
    }
    return facts;
}

/// Numbers the ids of operations whose paths differ only in characters that an id can't contain.
void make_unique(object& operation, std::set<std::string>& ids) {
    auto& id = operation.at("operationId").as_string();
    const std::string wanted(id);
    for (int number = 2; !ids.emplace(id).second; ++number) id = wanted + std::to_string(number);
}

object make_paths(const Mounted& mounted, const object& parameters, SchemaBook& schemas) {
    object paths;
    std::set<std::string> ids;
    for (const auto* route : mounted.routes) {
        if (!route->described) continue;
        auto operation = make_operation(*route, mounting(mounted, *route, schemas), parameters);
        make_unique(operation, ids);
        auto& item = paths.emplace(route->path, object()).first->value().as_object();
        item.emplace(verb_of(route->method), std::move(operation));
    }
    return paths;
}

/// Results of jobs that clients can read but no route submits.
array other_results(const ApiOptions& options, SchemaBook& schemas) {
    array results;
    const auto add = [&](std::string_view name, const object& schema) {
        results.push_back(schemas.add_whole(name, schema));
    };
    for (const auto& schema : options.openapi.other_results)
        add("OtherResult", object_of(schema, "openapi.other_results"));
    if (options.openapi.webhooks) add("WebhookDeliveryResult", delivery_result_schema());
    if (options.allow_anonymous) // anonymous callers may read the library's own jobs
        add("NoResult",
            {{"description", "result of a job that returns nothing"}, {"type", "null"}});
    return results;
}

std::vector<const detail::SubmitRule*> rules(const Mounted& mounted) {
    std::vector<const detail::SubmitRule*> rules;
    for (const auto* route : mounted.routes)
        if (route->submission) rules.push_back(route->submission.get());
    for (const auto& [type, rule] : mounted.generic_types) rules.push_back(&rule);
    return rules;
}

object make_tag(const boost::json::value& name) {
    object tag{{"name", name}};
    if (name == "jobs") tag["description"] = "Jobs of any type";
    if (name == "operations") tag["description"] = "For operators and tools";
    if (name == "webhooks") tag["description"] = "Notifications that the service sends";
    return tag;
}

/// Each tag of the items' operations, once.
array make_tags(std::initializer_list<const object*> all_items) {
    array tags;
    std::set<std::string> known;
    for (const auto* items : all_items)
        for (const auto& item : *items)
            for (const auto& operation : item.value().as_object())
                for (const auto& tag : operation.value().at("tags").as_array())
                    if (known.emplace(tag.as_string()).second) tags.push_back(make_tag(tag));
    return tags;
}

} // namespace

object make_document(const Mounted& mounted) {
    const auto& options = mounted.options;
    const bool secured = !options.allow_anonymous;
    object shared_parameters = parameters(options.default_page);
    object shared_schemas = job_schemas(options.max_page);
    add_missing(shared_parameters, webhook_parameters());
    add_missing(shared_schemas, problem_schemas());
    add_missing(shared_schemas, webhook_schemas());
    object hooks = options.openapi.webhooks ? webhooks() : object();

    SchemaBook schemas(std::move(shared_schemas));
    schemas.add("Result", result_schema(rules(mounted), schemas, other_results(options, schemas)));
    auto paths = make_paths(mounted, shared_parameters, schemas);
    object components{{"schemas", std::move(schemas).all()},
                      {"parameters", std::move(shared_parameters)},
                      {"headers", headers()},
                      {"responses", responses()},
                      {"links", links()}};
    if (secured)
        components["securitySchemes"] = {
            {options.openapi.security_scheme, security_scheme(options.openapi)}};

    const auto& base = options.public_base_url;
    array security;
    if (secured) security.emplace_back(object{{options.openapi.security_scheme, array()}});
    object document{{"openapi", "3.1.0"},
                    {"info", info(options.openapi)},
                    {"servers", array{object{{"url", base.empty() ? "/" : base}}}},
                    {"security", std::move(security)},
                    {"tags", make_tags({&paths, &hooks})},
                    {"paths", std::move(paths)}};
    if (!hooks.empty()) document["webhooks"] = std::move(hooks);
    document["components"] = std::move(components);
    drop_unused_components(document);
    return document;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
