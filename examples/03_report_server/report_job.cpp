#include "report_job.hpp"

#include "order_fields.hpp"
#include "orders.hpp"
#include "render_csv.hpp"
#include "render_excel.hpp"
#include "render_pdf.hpp"
#include "sales_report.hpp"
#include "texts.hpp"

namespace report_server {
namespace {

/// The share of the progress that reading takes; the rest is writing.
constexpr std::uint64_t reading_percent = 90;

asyncjobs::files::FileInfo file_info(ReportFormat format) {
    switch (format) {
    case ReportFormat::pdf:
        return {.content_type = "application/pdf", .download_name = "sales-report.pdf"};
    case ReportFormat::excel:
        return {.content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                .download_name = "sales-report.xlsx"};
    case ReportFormat::csv:
        break;
    }
    return {.content_type = "text/csv; charset=utf-8", .download_name = "sales-report.csv"};
}

void render(const SalesReport& report, ReportFormat format, const std::filesystem::path& file) {
    switch (format) {
    case ReportFormat::pdf:
        return render_pdf(report, file);
    case ReportFormat::excel:
        return render_excel(report, file);
    case ReportFormat::csv:
        return render_csv(report, file);
    }
}

asyncjobs::JobFailure failure(std::string code, Message details, Language language) {
    return asyncjobs::JobFailure(std::move(code),
                                 std::string(text(Message::report_failed, language)),
                                 asyncjobs::json::serialize(std::string(text(details, language))));
}

SalesReport read_report(const std::filesystem::path& orders, Period period, Language language,
                        asyncjobs::ProgressReporter& progress) {
    SalesAggregator aggregator(period);
    read_orders(
        orders, [&](const OrderLine& line) { aggregator.add(line); },
        [&](const ReadProgress& read) {
            progress.report(read.bytes_read * reading_percent,
                            std::max<std::uint64_t>(read.bytes_total, 1) * 100,
                            text(Message::processing_data, language));
        });
    return aggregator.report();
}

} // namespace

ReportMaker::ReportMaker(asyncjobs::files::JobFiles& files, std::filesystem::path orders)
    : files_(files), orders_(std::move(orders)) {}

asyncjobs::files::KeptFile ReportMaker::operator()(const SalesReportJob& job,
                                                   asyncjobs::JobContext& context) const {
    const auto language =
        job.language == tag(Language::arabic) ? Language::arabic : Language::english;
    const auto from = parse_date(job.from), to = parse_date(job.to);
    if (!from || !to)
        throw asyncjobs::JobFailure("invalid_input", "from and to must be days: 2011-01-31")
            .permanent();

    SalesReport report;
    try {
        report = read_report(orders_, {*from, *to}, language, context);
    } catch (const std::exception&) {
        std::throw_with_nested(failure("E7001", Message::orders_unreadable, language));
    }
    if (report.empty()) throw failure("E7005", Message::insufficient_data, language).permanent();

    context.report(static_cast<int>(reading_percent), text(Message::writing_report, language));
    asyncjobs::files::KeptFile file;
    try {
        file = files_.keep(context, file_info(job.format),
                           [&](const auto& path) { render(report, job.format, path); });
    } catch (const std::exception&) {
        std::throw_with_nested(failure("E7002", Message::report_not_stored, language));
    }
    context.report(100, text(Message::report_ready, language));
    return file;
}

} // namespace report_server
