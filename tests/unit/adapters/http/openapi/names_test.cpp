#include "openapi/names.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs::http::openapi;

TEST_CASE("words of letters and digits are joined in Pascal case") {
    CHECK(pascal_case("sales_report") == "SalesReport");
    CHECK(pascal_case("a.b:c/d-e") == "ABCDE");
    CHECK(pascal_case("mp4.toGIF") == "Mp4ToGIF");
    CHECK(pascal_case("--") == "");
}

TEST_CASE("an operation's id is made of verb and path") {
    CHECK(operation_id(verb_of("GET"), "/files/{key}") == "getFilesKey");
    CHECK(operation_id("submit", "/reports/sales") == "submitReportsSales");
}

TEST_CASE("the first segment of a path has no braces") {
    CHECK(first_segment("/files/{key}") == "files");
    CHECK(first_segment("/{tenant}/files") == "tenant");
    CHECK(first_segment("/") == "");
}
