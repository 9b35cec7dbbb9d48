#include "job_export.hpp"
#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/file_response.hpp>
#include <asyncjobs/http/parameters.hpp>

#include <memory>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

http::Response export_jobs(Service& service, const http::Call& call) {
    const std::string name = read_text(call, "format").value_or("ndjson");
    const ExportFormat* const format = export_format(name);
    if (!format) throw http::invalid_parameter("format", "must be ndjson or csv");
    const auto most = service.options.export_limit;
    auto source = std::make_shared<JobExport>(
        JobExport::Parts{.operators = service.operators,
                         .format = *format,
                         .search = read_search(call),
                         .limit = http::read_limit(call.query, most, most),
                         .is_visible = [&service, caller = call.principal](const Job& job) {
                             return service.shows(caller, job.queue, job.type);
                         }});
    return service.api.stream_body(
        call, std::move(source),
        {{"Content-Type", std::string(format->content_type())},
         {"Content-Disposition", http::attachment_disposition("jobs." + name)},
         {"Cache-Control", "no-store"}});
}

} // namespace

std::vector<OperatorRoute> export_routes() {
    auto parameters = search_parameters();
    parameters.push_back({"format", "ndjson, by default, or csv"});
    return {
        {"GET", "/operator/jobs/export", Right::see, export_jobs,
         operation({.id = "exportJobs",
                    .summary = "Jobs that match, as a file; next_cursor in the last line: there "
                               "may be more",
                    .response = JsonText::parse(R"({"type": "string"})"),
                    .parameters = std::move(parameters),
                    .content_types = {"application/x-ndjson", "text/csv"}})},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
