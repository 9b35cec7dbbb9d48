#include "render_excel.hpp"

#include "file_size_limit.hpp"
#include "sample_report.hpp"
#include "scratch_directory.hpp"
#include "zip_archive.hpp"

#include <doctest/doctest.h>

using namespace report_server;
using namespace report_server::testing;

namespace {

struct Workbook {
    ScratchDirectory directory;

    std::map<std::string, std::string> parts_of(const SalesReport& report) const {
        render_excel(report, directory / "report.xlsx");
        return read_zip_archive(directory / "report.xlsx");
    }
};

bool contains(const std::string& text, const std::string& part) {
    CAPTURE(part);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_SUITE("Excel report") {
    TEST_CASE_FIXTURE(Workbook, "has the table as text and real numbers") {
        auto parts = parts_of(sample_report({{"United Kingdom", Money::from_thousandths(434308300)},
                                             {"Japan", Money::from_thousandths(-109800)}}));
        const std::string& sheet = parts["xl/worksheets/sheet1.xml"];
        const std::string& strings = parts["xl/sharedStrings.xml"];
        for (const char* name : {"Country", "Revenue", "United Kingdom", "Japan", "TOTAL"})
            CHECK(contains(strings, std::string{"<t>"} + name + "</t>"));
        for (const char* number : {"434308.3", "-109.8", "434198.5"})
            CHECK(contains(sheet, std::string{"<v>"} + number + "</v>"));
        CHECK(contains(sheet, "state=\"frozen\""));
        CHECK(contains(parts["xl/workbook.xml"], "name=\"Sales by country\""));
    }

    TEST_CASE_FIXTURE(Workbook, "rounds amounts to the cent as the other formats do") {
        auto parts = parts_of(sample_report({{"EIRE", Money::from_thousandths(749125)}}));
        CHECK(contains(parts["xl/worksheets/sheet1.xml"], "<v>749.12</v>"));
    }

    TEST_CASE_FIXTURE(Workbook, "has a second sheet with each day and a chart of them") {
        auto parts = parts_of(sample_report({}, 31));
        CHECK(contains(parts["xl/workbook.xml"], "name=\"Daily revenue\""));
        CHECK(contains(parts["xl/worksheets/sheet2.xml"], "r=\"B32\""));
        CHECK_FALSE(contains(parts["xl/worksheets/sheet2.xml"], "r=\"B33\""));
        CHECK(contains(parts["xl/charts/chart1.xml"], "'Daily revenue'!$B$2:$B$32"));
        CHECK(contains(parts["xl/charts/chart1.xml"], "<c:barChart>"));
    }

    TEST_CASE_FIXTURE(Workbook, "draws a line instead of columns for a long period") {
        auto parts = parts_of(sample_report({}, 365));
        CHECK(contains(parts["xl/charts/chart1.xml"], "<c:lineChart>"));
    }

    TEST_CASE_FIXTURE(Workbook, "keeps names of any script and survives broken ones") {
        auto parts = parts_of(sample_report({{"\xD9\x85\xD8\xB5\xD8\xB1", {}},
                                             {"=1+1", {}},
                                             {"<&\"", {}},
                                             {"broken\xFF\x01", {}}}));
        const std::string& strings = parts["xl/sharedStrings.xml"];
        CHECK(contains(strings, "\xD9\x85\xD8\xB5\xD8\xB1"));
        CHECK(contains(strings, "<t>=1+1</t>"));
        CHECK(contains(strings, "&lt;&amp;"));
        CHECK(contains(strings, "broken\xEF\xBF\xBD\xEF\xBF\xBD"));
    }

    TEST_CASE_FIXTURE(Workbook,
                      "a disk that fills up at any point is an error and leaves no file") {
        render_excel(sample_report({}), directory / "complete.xlsx");
        const auto size = std::filesystem::file_size(directory / "complete.xlsx");
        std::filesystem::remove(directory / "complete.xlsx");
        for (std::uintmax_t limit = 0; limit < size; limit += 512) {
            bool failed = false;
            {
                const FileSizeLimit full{limit};
                try {
                    render_excel(sample_report({}), directory / "report.xlsx");
                } catch (const std::runtime_error&) {
                    failed = true;
                }
            }
            CAPTURE(limit);
            CHECK(failed);
            CHECK(directory.file_count() == 0);
        }
    }

    TEST_CASE_FIXTURE(Workbook, "a missing directory is an error") {
        CHECK_THROWS_AS(render_excel(sample_report({}), directory / "missing/report.xlsx"),
                        std::runtime_error);
    }
}
