#pragma once

#include "file_store.hpp"
#include "signed_url.hpp"

#include <asyncjobs/executor.hpp>

#include <boost/describe.hpp>

#include <chrono>
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

/// Its result.
struct ReportFile {
    std::string file_url;
    asyncjobs::Timestamp expires_at; ///< of the link, and of the file
    std::uint64_t size_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ReportFile, (), (file_url, expires_at, size_bytes))

/// Runs SalesReportJobs.
///
/// Thread-safety: immutable; may run many jobs at once. Ownership: borrows the file store.
/// Errors: asyncjobs::JobFailure with a code of its own and a text in the job's language.
class ReportMaker {
public:
    struct Settings {
        std::filesystem::path orders;
        std::string files_url; ///< `https://reports.example.org` or empty; put before `files_path`
        std::string files_path = "/v1/files/";
        std::chrono::seconds retention;
    };

    ReportMaker(const FileStore& files, Secret secret, Settings settings);

    ReportFile operator()(const SalesReportJob& job, asyncjobs::ProgressReporter& progress) const;

private:
    const FileStore& files_;
    Secret secret_;
    UrlSigner signer_;
    Settings settings_;
};

} // namespace report_server
