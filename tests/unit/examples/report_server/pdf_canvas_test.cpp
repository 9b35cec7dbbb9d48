#include "pdf_canvas.hpp"

#include "pdf_content.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace report_server;
using namespace report_server::testing;

TEST_SUITE("PDF canvas") {
    TEST_CASE("sets text at its left end, centre or right end") {
        PdfCanvas canvas{"title"};
        canvas.add_page();
        const float width = canvas.text_width("wide", {.size = 10});
        CHECK(width > 10);
        canvas.text({100, 50}, "wide", {.size = 10, .alignment = Alignment::left});
        canvas.text({100 + width, 50}, "wide", {.size = 10, .alignment = Alignment::right});
        canvas.text({100 + width / 2, 50}, "wide", {.size = 10, .alignment = Alignment::centre});
        CHECK(occurrences(pdf_content(canvas.finish()), "100 50 T") == 3);
    }

    TEST_CASE("text grows with its size and is wider in bold") {
        const PdfCanvas canvas{"title"};
        CHECK(canvas.text_width("a", {.size = 20}) ==
              doctest::Approx(2 * canvas.text_width("a", {.size = 10})));
        CHECK(canvas.text_width("a", {.size = 10, .bold = true}) >=
              canvas.text_width("a", {.size = 10}));
    }

    TEST_CASE("cuts text that is too wide, and no other") {
        PdfCanvas canvas{"title"};
        canvas.add_page();
        canvas.text_within({0, 0}, "short", {}, 1000);
        canvas.text_within({0, 0}, "a long text", {}, 20);
        const std::string content = pdf_content(canvas.finish());
        CHECK(occurrences(content, "(short) Tj") == 1);
        CHECK(occurrences(content, "(a long text) Tj") == 0);
        CHECK(occurrences(content, "\\205) Tj") == 1);
    }

    TEST_CASE("goes back to an earlier page") {
        PdfCanvas canvas{"title"};
        canvas.add_page();
        canvas.add_page();
        canvas.text({0, 0}, "second", {});
        canvas.select_page(0);
        canvas.text({0, 0}, "first", {});
        const std::string content = pdf_content(canvas.finish());
        CHECK(canvas.page_count() == 2);
        CHECK(content.find("(first)") < content.find("(second)"));
        CHECK_THROWS_AS(canvas.select_page(2), std::out_of_range);
    }

    TEST_CASE("an error of the library is an exception") {
        PdfCanvas canvas{"title"};
        CHECK_THROWS_WITH_AS(canvas.text({0, 0}, "no page", {}),
                             doctest::Contains("PDF library failed"), std::runtime_error);
    }
}
