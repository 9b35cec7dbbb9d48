#include "routes/job_list_route.hpp"

#include "message/cursor.hpp"
#include "message/negotiation.hpp"
#include "observe/documents.hpp"
#include "openapi/job_operations.hpp"
#include "openapi/json_object.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/parameters.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

void JobListRoute::add_to(Router& router) {
    router.add({.method = "GET",
                .path = options_.prefix + "/jobs",
                .handler = [this](const Call& call) { return list(call); },
                .operation = openapi::parse_object(openapi::list_jobs)});
}

JobQuery JobListRoute::read_query(const Call& call) const {
    JobQuery query{.owner = call.principal.owner, .parts = JobParts::summary};
    if (const auto* status = call.query.single("status")) {
        query.status = parse_job_status(*status);
        if (!query.status)
            throw invalid_parameter("status", "must be pending, processing, completed, failed or "
                                              "cancelled");
    }
    if (const auto* type = call.query.single("type")) {
        if (!asyncjobs::detail::is_name(*type))
            throw invalid_parameter("type", "must be 1-100 characters of A-Z a-z 0-9 . _ : / -");
        query.type = *type;
    }
    query.library_jobs = query.type.has_value(); // internal jobs, such as deliveries
    query.limit = read_limit(call.query, options_.default_page, options_.max_page);
    if (const auto* cursor = call.query.single("cursor"))
        query.before = read_cursor(query, *cursor);
    return query;
}

Response JobListRoute::list(const Call& call) const {
    check_accepts_json(call.request.headers);
    const JobQuery query = read_query(call);
    const JobPage page = client_.list(query);
    const auto now = runtime_.wall_clock();
    std::string jobs = "[";
    for (const auto& job : page.jobs) {
        if (has_expired(job, now)) continue;
        if (jobs.size() > 1) jobs += ',';
        jobs += summary_document(job, renderer_.links());
    }
    jobs += ']';
    ObjectWriter writer;
    writer.raw("jobs", jobs);
    if (page.more && !page.jobs.empty())
        writer.text("next_cursor", make_cursor(query, page.jobs.back().id));
    Response response = json_response(200, std::move(writer).finish());
    response.headers.set("Cache-Control", "private, no-cache");
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
