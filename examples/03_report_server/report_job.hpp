#pragma once

#include <asyncjobs/executor.hpp>
#include <asyncjobs/files/job_files.hpp>

#include <boost/describe.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace report_server {

enum class ReportFormat { pdf, excel, csv };
BOOST_DESCRIBE_ENUM(ReportFormat, pdf, excel, csv)

/// The job: a sales report on the days from `from` to `to`, both inclusive, in UTC.
struct SalesReportJob {
    static constexpr std::string_view type = "sales_report";

    std::string from;
    std::string to;
    ReportFormat format = ReportFormat::pdf;
    std::string language = "en"; ///< of progress and error messages
};
BOOST_DESCRIBE_STRUCT(SalesReportJob, (), (from, to, format, language))

/// Runs SalesReportJobs.
///
/// Thread-safety: immutable; may run many jobs at once. Ownership: borrows the files.
/// Errors: asyncjobs::JobFailure with a report server's code and a text in the job's language.
class ReportMaker {
public:
    ReportMaker(asyncjobs::files::JobFiles& files, std::filesystem::path orders);

    asyncjobs::files::KeptFile operator()(const SalesReportJob& job,
                                          asyncjobs::JobContext& context) const;

private:
    asyncjobs::files::JobFiles& files_;
    std::filesystem::path orders_;
};

} // namespace report_server
