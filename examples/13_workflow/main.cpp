// A batch of three downloads, one of which fails, and a report on the others that runs once all
// have ended.

#include <asyncjobs/asyncjobs.hpp>

#include <boost/describe.hpp>
#include <fmt/format.h>

using namespace std::chrono_literals;

struct Download {
    static constexpr std::string_view type = "download";
    std::string file;
};
BOOST_DESCRIBE_STRUCT(Download, (), (file))

struct Downloaded {
    int bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Downloaded, (), (bytes))

struct Report {
    static constexpr std::string_view type = "report";
};
BOOST_DESCRIBE_STRUCT(Report, (), ())

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor(store);
    executor.handle<Download>([](const Download& download) {
        if (download.file == "missing.csv") throw asyncjobs::JobFailure("E404").permanent();
        return Downloaded{.bytes = static_cast<int>(download.file.size()) * 100};
    });
    executor.handle<Report>([](const Report&, asyncjobs::JobContext& context) {
        Downloaded all;
        for (const auto& parent : context.parents())
            if (parent.result)
                all.bytes += asyncjobs::json::parse<Downloaded>(*parent.result).bytes;
        return all;
    });
    executor.start();

    asyncjobs::Client client(store);
    std::vector<asyncjobs::NewJob> downloads;
    for (const char* file : {"a.csv", "missing.csv", "bb.csv"})
        downloads.push_back(asyncjobs::new_job(Download{.file = file}));
    const auto batch = client.submit_batch(
        std::move(downloads),
        asyncjobs::new_job(Report{}, {.on_parent_failure = asyncjobs::OnParentFailure::run}));

    const auto report = client.wait(batch, 10s).value();
    for (const auto& part : client.list({.needed_by = batch}).jobs)
        fmt::print("{}: {}\n", part.input.text(), asyncjobs::to_string(part.status));
    fmt::print("report of {} downloads: {}\n", report.parents, report.result.value().text());
}
