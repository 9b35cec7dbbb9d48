#include "report_job.hpp"

#include "file_key.hpp"
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

std::string_view extension(ReportFormat format) {
    switch (format) {
    case ReportFormat::pdf:
        return "pdf";
    case ReportFormat::excel:
        return "xlsx";
    case ReportFormat::csv:
        break;
    }
    return "csv";
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

ReportMaker::ReportMaker(const FileStore& files, Secret secret, Settings settings)
    : files_(files), secret_(secret), signer_(secret), settings_(std::move(settings)) {}

ReportFile ReportMaker::operator()(const SalesReportJob& job,
                                   asyncjobs::ProgressReporter& progress) const {
    const auto language =
        job.language == tag(Language::arabic) ? Language::arabic : Language::english;
    const auto from = parse_date(job.from), to = parse_date(job.to);
    if (!from || !to)
        throw asyncjobs::JobFailure("invalid_input", "from and to must be days: 2011-01-31")
            .permanent();

    SalesReport report;
    try {
        report = read_report(settings_.orders, {*from, *to}, language, progress);
    } catch (const std::exception&) {
        std::throw_with_nested(failure("E7001", Message::orders_unreadable, language));
    }
    if (report.empty()) throw failure("E7005", Message::insufficient_data, language).permanent();

    progress.report(static_cast<int>(reading_percent), text(Message::writing_report, language));
    // A job that runs again after a crash replaces its own file.
    const auto key =
        derived_file_key(secret_, progress.job().lease.id.text(), extension(job.format));
    StoredFile file;
    try {
        file = files_.replace(key, [&](const auto& path) { render(report, job.format, path); });
    } catch (const std::exception&) {
        std::throw_with_nested(failure("E7002", Message::report_not_stored, language));
    }
    progress.report(100, text(Message::report_ready, language));

    const auto expires_at =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) +
        settings_.retention;
    return {settings_.files_url +
                signer_.sign(settings_.files_path + key, progress.job().owner, expires_at),
            expires_at, file.size_bytes};
}

} // namespace report_server
