#include "render_csv.hpp"

#include "sample_report.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

#include <system_error>

using namespace report_server;
using namespace report_server::testing;

TEST_SUITE("CSV report") {
    TEST_CASE("has a header, a row for each country, and the total") {
        const ScratchDirectory directory;
        render_csv(sample_report({{"United Kingdom", Money::from_thousandths(434308300)},
                                  {"Japan", Money::from_thousandths(-109800)}}),
                   directory / "report.csv");
        CHECK(content_of(directory / "report.csv") == "country,invoices,lines,units,revenue\n"
                                                      "United Kingdom,1,2,3,434308.30\n"
                                                      "Japan,1,2,3,-109.80\n"
                                                      "TOTAL,2,4,6,434198.50\n");
    }

    TEST_CASE("quotes names only where they need it") {
        const ScratchDirectory directory;
        render_csv(sample_report({{"Korea, \"South\"", {}}, {"two\nlines", {}}}),
                   directory / "report.csv");
        const std::string text = content_of(directory / "report.csv");
        CHECK(text.find("\n\"Korea, \"\"South\"\"\",1,") != std::string::npos);
        CHECK(text.find("\n\"two\nlines\",1,") != std::string::npos);
    }

    TEST_CASE("of no orders is a header and a total of zero") {
        const ScratchDirectory directory;
        render_csv(sample_report({}), directory / "report.csv");
        CHECK(content_of(directory / "report.csv") ==
              "country,invoices,lines,units,revenue\nTOTAL,0,0,0,0.00\n");
    }

    TEST_CASE("a full disk is an error that names it") {
        CHECK_THROWS_WITH_AS(render_csv(sample_report({}), "/dev/full"),
                             doctest::Contains("No space left on device"), std::system_error);
    }
}
