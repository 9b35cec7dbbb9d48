#include "render_pdf.hpp"

#include "file_size_limit.hpp"
#include "pdf_content.hpp"
#include "sample_report.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

#include <system_error>

using namespace report_server;
using namespace report_server::testing;

namespace {

struct Document {
    ScratchDirectory directory;
    std::filesystem::path file = directory / "report.pdf";

    std::string text_of(const SalesReport& report) const {
        render_pdf(report, file);
        return pdf_content(content_of(file));
    }

    std::size_t page_count() const {
        const std::string pdf = content_of(file);
        return occurrences(pdf, "/Type /Page") - occurrences(pdf, "/Type /Pages");
    }
};

std::vector<std::pair<std::string, Money>> many_countries(int count) {
    std::vector<std::pair<std::string, Money>> countries;
    for (int index = 0; index < count; ++index)
        countries.emplace_back("Country " + std::to_string(index), Money::from_thousandths(1000));
    return countries;
}

bool shows(const std::string& content, const std::string& text) {
    return content.find("(" + text + ") Tj") != std::string::npos;
}

} // namespace

TEST_SUITE("PDF report") {
    TEST_CASE_FIXTURE(Document, "shows title, period, key figures, chart and table") {
        const std::string content =
            text_of(sample_report({{"United Kingdom", Money::from_thousandths(434308300)},
                                   {"Japan", Money::from_thousandths(-109800)}}));
        CHECK(content_of(file).starts_with("%PDF-"));
        for (const char* text : {"Sales report", "1 January 2011 \\226 31 January 2011",
                                 "434,198.50", "United Kingdom", "434,308.30", "Japan", "-109.80",
                                 "Total", "10 Jan", "Page 1 of 1"}) {
            CAPTURE(text);
            CHECK(shows(content, text));
        }
        CHECK(page_count() == 1);
    }

    TEST_CASE_FIXTURE(Document, "a long table continues under a repeated header") {
        const std::string content = text_of(sample_report(many_countries(120)));
        CHECK(page_count() == 3);
        CHECK(occurrences(content, "(Country) Tj") == 3);
        CHECK(shows(content, "Page 3 of 3"));
        for (int index = 0; index < 120; ++index)
            CHECK(shows(content, "Country " + std::to_string(index)));
        CHECK(occurrences(content, "(Total) Tj") == 1);
    }

    TEST_CASE_FIXTURE(Document, "the total never stands alone on a page") {
        for (int count = 20; count < 30; ++count) {
            const std::string content = text_of(sample_report(many_countries(count)));
            CAPTURE(count);
            CHECK(content.rfind("(Country " + std::to_string(count - 1) + ")") >
                  content.rfind("(Invoices) Tj"));
        }
    }

    TEST_CASE_FIXTURE(Document, "explains its line of averages where it draws one") {
        CHECK_FALSE(shows(text_of(sample_report({}, 31)), "7-day average"));
        CHECK(shows(text_of(sample_report({}, 365)), "7-day average"));
    }

    TEST_CASE_FIXTURE(Document, "handles every length of period, and losses") {
        for (const int days : {1, 2, 13, 14, 62, 63, 731, 3660}) {
            CAPTURE(days);
            SalesReport report = sample_report({{"EIRE", Money::from_thousandths(-5000)}}, days);
            for (auto& day : report.days) day.revenue = day.revenue * -1;
            CHECK(shows(text_of(report), "Page 1 of 1"));
        }
    }

    TEST_CASE_FIXTURE(Document, "names keep the characters that the fonts have") {
        const std::string content = text_of(sample_report({{"Cura\xC3\xA7"
                                                            "ao (NL)",
                                                            {}},
                                                           {"\xD9\x85\xD8\xB5\xD8\xB1", {}},
                                                           {"broken\xFF", {}}}));
        CHECK(shows(content, "Cura\\347ao \\050NL\\051"));
        CHECK(shows(content, "???"));
        CHECK(shows(content, "broken?"));
    }

    TEST_CASE_FIXTURE(Document, "a name that is too long ends in an ellipsis") {
        const std::string name(500, 'W');
        const std::string content = text_of(sample_report({{name, {}}}));
        CHECK_FALSE(shows(content, name));
        CHECK(content.find("WWW\\205) Tj") != std::string::npos);
    }

    TEST_CASE("a full disk is an error that names it") {
        CHECK_THROWS_WITH_AS(render_pdf(sample_report({}), "/dev/full"),
                             doctest::Contains("No space left on device"), std::system_error);
    }

    TEST_CASE_FIXTURE(Document, "a disk that fills up half-way leaves no file") {
        bool failed = false;
        {
            const FileSizeLimit limit{1024};
            try {
                render_pdf(sample_report({}), file);
            } catch (const std::system_error&) {
                failed = true;
            }
        }
        CHECK(failed);
        CHECK(directory.file_count() == 0);
    }
}
