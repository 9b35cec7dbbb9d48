#include "report_api.hpp"

#include "order_fields.hpp"
#include "report_job.hpp"
#include "sales_report.hpp"
#include "texts.hpp"

#include <asyncjobs/http/file_response.hpp>
#include <asyncjobs/json_schema.hpp>

namespace report_server {
namespace {

namespace http = asyncjobs::http;

std::string_view header(const http::Request& request, std::string_view name) {
    const auto* value = request.headers.find(name);
    return value ? std::string_view(*value) : std::string_view();
}

void prepare(SalesReportJob& job, const http::Call& call, http::Violations& violations) {
    job.language = tag(preferred_language(header(call.request, "Accept-Language")));
    const auto from = parse_date(job.from), to = parse_date(job.to);
    constexpr auto rule = "must be a day as in \"2011-01-31\"";
    if (!from) violations.add("/from", rule);
    if (!to) violations.add("/to", rule);
    if (!from || !to) return;
    if (*from > *to) violations.add("/from", "must not be after to");
    if (std::chrono::sys_days(*to) - std::chrono::sys_days(*from) >= longest_period)
        violations.add("/to", "must be within ten years after from");
}

std::string_view content_type(const std::string& key) {
    if (key.ends_with(".pdf")) return "application/pdf";
    if (key.ends_with(".xlsx"))
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    return "text/csv; charset=utf-8";
}

http::Response send_file(const http::Call& call, const FileStore& files, const UrlSigner& signer) {
    const std::vector<QueryParameter> parameters(call.query.begin(), call.query.end());
    const auto& target = call.request.target;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    switch (
        signer.verify(call.request.method, target.substr(0, target.find('?')), parameters, now)) {
    case SignatureCheck::tampered:
        throw http::Problem(403, "invalid_signature", "The link is not one that was given out.");
    case SignatureCheck::expired:
        throw http::Problem(410, "expired", "The link has expired.");
    case SignatureCheck::valid:
        break;
    }
    const auto& key = *call.path.find("key");
    const auto file = files.find(key);
    if (!file) throw http::Problem(410, "expired", "The file has been removed.");
    auto response = http::file_response(
        call.request, {.path = file->path.string(),
                       .content_type = std::string(content_type(key)),
                       .download_name = "sales-report" + key.substr(key.rfind('.')),
                       .etag = '"' + key + '-' + std::to_string(file->size_bytes) + '"'});
    response.headers.set("Cache-Control", "private, max-age=300");
    return response;
}

constexpr auto describe_report = R"({
  "summary": "Order a sales report",
  "description": "On the days `from` to `to`, both as in `2011-01-31` and inclusive, in UTC."})";

constexpr auto describe_file = R"({
  "operationId": "getFile",
  "summary": "Get a report's file",
  "description": "By the `file_url` of the job's result, which needs no token until it expires.",
  "parameters": [
    {"name": "expires", "in": "query", "required": true, "schema": {"type": "string"}},
    {"name": "signature", "in": "query", "required": true, "schema": {"type": "string"}}],
  "responses": {
    "200": {
      "description": "The file",
      "content": {
        "application/pdf": {},
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {},
        "text/csv": {"schema": {"type": "string"}}}},
    "206": {"description": "The part of it that `Range` asks for"},
    "304": {"$ref": "#/components/responses/NotModified"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "410": {"$ref": "#/components/responses/Problem"},
    "416": {"$ref": "#/components/responses/Problem"}}})";

asyncjobs::JsonText json(const char* text) { return asyncjobs::JsonText::parse(text); }

} // namespace

void add_report_route(http::JobApi& api, std::chrono::seconds retention) {
    api.submit_route<SalesReportJob>(
        "/reports/sales", {.queue = "reports",
                           .timeout = std::chrono::minutes{10},
                           .retention = retention,
                           .required = {"from", "to", "format"},
                           .prepare = prepare,
                           .result_schema = asyncjobs::json::schema_of_serialized<ReportFile>(),
                           .operation = json(describe_report)});
}

void add_file_route(http::JobApi& api, const FileStore& files, const UrlSigner& signer) {
    api.route("GET", "/files/{key}",
              [&](const http::Call& call) { return send_file(call, files, signer); },
              {.authenticate = false, .operation = json(describe_file)});
}

} // namespace report_server
