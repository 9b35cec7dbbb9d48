#include "report_api.hpp"

#include "order_fields.hpp"
#include "report_job.hpp"
#include "sales_report.hpp"
#include "texts.hpp"

#include <asyncjobs/http/file_response.hpp>
#include <asyncjobs/json_schema.hpp>

#include <fmt/format.h>

namespace report_server {

/// A report as clients see it: see JobFiles::present().
struct ReportFile {
    std::string file_url;
    asyncjobs::Timestamp expires_at;
    std::uint64_t size_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ReportFile, (), (file_url, expires_at, size_bytes))

namespace {

namespace http = asyncjobs::http;
using asyncjobs::files::LinkedFile;
using asyncjobs::files::LocalFileStore;

std::string_view header(const http::Request& request, std::string_view name) {
    const auto* value = request.headers.find(name);
    return value ? std::string_view(*value) : std::string_view();
}

void prepare(SalesReportJob& input, asyncjobs::NewJob&, const http::Call& call,
             http::Violations& violations) {
    input.language = tag(preferred_language(header(call.request, "Accept-Language")));
    const auto from = parse_date(input.from), to = parse_date(input.to);
    constexpr auto rule = "must be a day as in \"2011-01-31\"";
    if (!from) violations.add("/from", rule);
    if (!to) violations.add("/to", rule);
    if (!from || !to) return;
    if (*from > *to) violations.add("/from", "must not be after to");
    if (std::chrono::sys_days(*to) - std::chrono::sys_days(*from) >= longest_period)
        violations.add("/to", "must be within ten years after from");
}

std::string_view parameter(const http::Call& call, std::string_view name) {
    const auto* value = call.query.single(name);
    return value ? std::string_view(*value) : std::string_view();
}

http::Response send_file(const http::Call& call, const LocalFileStore& files) {
    const auto& key = *call.path.find("key");
    const auto file = files.open(key, parameter(call, "expires"), parameter(call, "signature"));
    const http::Problem removed(410, "expired", "The file has been removed.");
    switch (file.outcome) {
    case LinkedFile::Outcome::forged:
        throw http::Problem(403, "invalid_signature", "The link's signature is invalid.");
    case LinkedFile::Outcome::expired:
        throw http::Problem(410, "expired", "The link has expired.");
    case LinkedFile::Outcome::gone:
        throw removed;
    case LinkedFile::Outcome::found:
        break;
    }
    auto response = http::file_response(
        call.request,
        {.path = file.path.string(),
         .content_type = file.info.content_type,
         .download_name = file.info.download_name,
         .etag = fmt::format("\"{}-{}\"", key.substr(0, key.find('~')), file.size_bytes),
         .missing = removed});
    response.headers.set("Cache-Control", "private, max-age=300");
    return response;
}

constexpr auto describe_report = R"({
  "summary": "Submit a sales report",
  "description": "Covers the days `from` to `to`, inclusive, in UTC, as in `2011-01-31`."})";

constexpr auto describe_file = R"({
  "operationId": "getFile",
  "summary": "Get a report's file",
  "description": "The job's result has this URL as `file_url`. It needs no token, and expires.",
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
    "206": {"description": "The part of the file that `Range` selects"},
    "304": {"$ref": "#/components/responses/NotModified"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "410": {"$ref": "#/components/responses/Problem"},
    "416": {"$ref": "#/components/responses/Problem"}}})";

asyncjobs::JsonText json(const char* text) { return asyncjobs::JsonText::parse(text); }

} // namespace

void add_report_route(http::JobApi& api, std::chrono::seconds retention) {
    api.submit_route<SalesReportJob>(
        "/reports/sales",
        {.job = {.queue = "reports", .timeout = std::chrono::minutes{10}, .retention = retention},
         .expected_run = std::chrono::seconds{5},
         .required = {"from", "to", "format"},
         .set_by_host = {"language"},
         .prepare = prepare,
         .result_schema = asyncjobs::json::schema_of_serialized<ReportFile>(),
         .operation = json(describe_report)});
}

void add_file_route(http::JobApi& api, const LocalFileStore& files) {
    api.route("GET", "/files/{key}",
              [&files](const http::Call& call) { return send_file(call, files); },
              {.authenticate = false, .operation = json(describe_file)});
}

} // namespace report_server
