#include "file_key.hpp"

#include "unit/thrown.hpp"

using namespace asyncjobs;
using namespace asyncjobs::files;

TEST_SUITE("file key") {
    TEST_CASE("is text of segments, in any language") {
        for (const char* text :
             {"report.pdf", "job-20250108-abc/sales report.pdf", "تقرير/المبيعات.pdf", "a/b/c",
              "...", ".hidden", "a+b&c=d?e#f%41", "'(!)*~"}) {
            CAPTURE(text);
            CHECK(is_key(text));
        }
        CHECK(is_key(std::string(240, 'x')));
        CHECK(is_key(std::string(80, ' ')));
    }

    TEST_CASE("refuses what a path, a header or a file name can't contain") {
        for (const std::string& text :
             {std::string{}, std::string{"/"}, std::string{"/a"}, std::string{"a/"},
              std::string{"a//b"}, std::string{"."}, std::string{".."}, std::string{"../a"},
              std::string{"a/./b"}, std::string{"a/.."}, std::string{"a\n"}, std::string("a\0b", 3),
              std::string{"\xff"}, std::string(241, 'x'), std::string(81, ' ')}) {
            CAPTURE(text);
            CHECK_FALSE(is_key(text));
        }
        CHECK(has(refusal(Errc::invalid_argument, [] { check_key("../a"); }), "a file's key"));
    }

    TEST_CASE("encodes all but the unreserved characters of RFC 3986") {
        CHECK(percent_encoded("aZ09-._~/ +é") == "aZ09-._~%2F%20%2B%C3%A9");
        CHECK(encoded_path("a b/c'd(e)!*") == "a%20b/c%27d%28e%29%21%2A");
    }

    TEST_CASE("has exactly one link segment, of unreserved characters only") {
        CHECK(link_segment("job-1/a b~%é.pdf") == "job-1~2Fa~20b~7E~25~C3~A9.pdf");
        for (const std::string key : {"job-1/a b~%é.pdf", "~", "تقرير/المبيعات.pdf", "...", "a//b"})
            CHECK(key_of_segment(link_segment(key)) == key);
        for (const char* segment :
             {"a/b", "a b", "é", "~", "~2", "~2f", "~41", "~zz", "~+1", "~ 1", "a%2Fb"}) {
            CAPTURE(segment);
            CHECK_FALSE(key_of_segment(segment));
        }
    }

    TEST_CASE("info that no header can contain is refused") {
        validate({.content_type = "text/csv; charset=utf-8", .download_name = "Umsätze.csv"});
        const auto refused = [](const FileInfo& info) {
            return refusal(Errc::invalid_argument, [&] { validate(info); });
        };
        CHECK(has(refused({.content_type = ""}), "content_type"));
        CHECK(has(refused({.content_type = "a\r\nb: c"}), "content_type"));
        CHECK(has(refused({.download_name = "a\nb"}), "download_name"));
    }
}
