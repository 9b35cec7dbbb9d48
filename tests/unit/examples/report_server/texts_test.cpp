#include "texts.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace report_server;

namespace {

void check_arabic(std::initializer_list<const char*> headers) {
    for (const char* header : headers) {
        CAPTURE(header);
        CHECK(preferred_language(header) == Language::arabic);
    }
}

void check_english(std::initializer_list<const char*> headers) {
    for (const char* header : headers) {
        CAPTURE(header);
        CHECK(preferred_language(header) == Language::english);
    }
}

} // namespace

TEST_SUITE("client texts") {
    TEST_CASE("are in English and Arabic") {
        CHECK(text(Message::report_failed, Language::english) == "Report generation failed");
        CHECK(text(Message::report_failed, Language::arabic) == "فشل توليد التقرير");
        CHECK(text(Message::insufficient_data, Language::arabic) ==
              "بيانات غير كافية للفترة المحددة");
        CHECK(text(Message::processing_data, Language::english) == "Processing data...");
        CHECK(text(Message::processing_data, Language::arabic) == "معالجة البيانات...");
    }

    TEST_CASE("have every message in both languages") {
        for (int index = 0; index <= static_cast<int>(Message::report_ready); ++index) {
            const auto message = static_cast<Message>(index);
            CAPTURE(index);
            CHECK_FALSE(text(message, Language::english).empty());
            CHECK_FALSE(text(message, Language::arabic).empty());
            CHECK(text(message, Language::english) != text(message, Language::arabic));
        }
    }

    TEST_CASE("name their languages") {
        CHECK(tag(Language::english) == "en");
        CHECK(tag(Language::arabic) == "ar");
    }
}

TEST_SUITE("preferred language") {
    TEST_CASE("is English if the client accepts no available language") {
        check_english({"", " ", "de, fr;q=0.9", "*", "ar;q=0", "en;q=0, ar;q=0"});
    }

    TEST_CASE("follows the weights") {
        check_arabic({"ar", "ar, en;q=0.8", "en;q=0.3, ar;q=0.301", "de, ar;q=0.5, en;q=0.4"});
        check_english({"en", "ar;q=0.8, en", "ar;q=0.500, en;q=0.7"});
    }

    TEST_CASE("is the first named among equal weights") {
        check_arabic({"ar, en", "ar;q=0.5, en;q=0.5"});
        check_english({"en, ar"});
    }

    TEST_CASE("is met by a regional variety, in any letter case") {
        check_arabic({"ar-EG", "AR-eg, en;q=0.9", "ar-Arab-EG;q=0.9,en-US;q=0.8"});
        check_english({"en-GB, ar;q=0.9", "arn", "are-X"});
    }

    TEST_CASE("excludes languages of weight zero") {
        check_arabic({"en;q=0, *", "en;q=0, ar;q=0.1", "*;q=0.5, en;q=0.000, ar;q=0.1"});
        check_english({"ar;q=0, *", "ar;q=0, ar-EG", "ar-EG;q=0, en;q=0.1"});
    }

    TEST_CASE("excluding a region excludes no other") {
        check_arabic({"ar-EG;q=0, ar-MA, en;q=0.5", "ar-EG;q=0, ar, en;q=0.5"});
    }

    TEST_CASE("takes the wildcard for languages that are not named") {
        check_arabic({"en;q=0.4, *;q=0.5"});
        check_english({"ar;q=0.4, *;q=0.5"});
    }

    TEST_CASE("ignores malformed parts and keeps the rest") {
        check_arabic({"en;q=2, ar;q=0.1", "en;q=, ar;q=0.1", "en;level=1, ar;q=0.1",
                      "en;q=0.1234, ar;q=0.1", "e n, ar", "toolonglanguage, ar", "en-, ar",
                      "en;q=-1,ar", ",, ,ar", "en;q=1.001, ar;q=0.1", "-en, ar",
                      "en;q=0.5;x, ar;q=0.1"});
    }

    TEST_CASE("accepts blanks where the grammar does") {
        check_arabic({" \tar ; Q=0.9 ,\ten;q=0.8 "});
        check_english({"ar;q=0.1\t,  en ;q=0.2"});
    }
}
