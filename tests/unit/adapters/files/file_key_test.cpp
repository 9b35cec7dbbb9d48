#include "file_key.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace report_server;

TEST_SUITE("file key") {
    TEST_CASE("is 26 digits of Crockford's base 32 and an extension") {
        CHECK(is_file_key("0123456789abcdefghjkmnpqrs.pdf"));
        CHECK(is_file_key("tvwxyz00000000000000000000.xlsx"));
    }

    TEST_CASE("is nothing else") {
        const std::string digits(26, '0');
        for (const std::string& text :
             {std::string{}, digits, digits + ".", "0" + digits + ".pdf", digits.substr(1) + ".pdf",
              digits + ".PDF", digits + ".p/f", digits + "..pdf", digits + ".tar.gz",
              digits + ".toolonger", digits + ".pdf\n", digits + std::string(".pd\0f", 5),
              std::string{"../../etc/passwd"}, "/" + digits + ".pdf", digits.substr(1) + "/.pdf",
              digits.substr(1) + "i.pdf", digits.substr(1) + "A.pdf",
              ".partial-" + digits + ".pdf"}) {
            CAPTURE(text);
            CHECK_FALSE(is_file_key(text));
        }
    }

    TEST_CASE("differs at random every time") {
        std::set<std::string> keys;
        for (int count = 0; count < 1000; ++count) {
            keys.insert(random_file_key("pdf"));
            CHECK(is_file_key(*keys.begin()));
        }
        CHECK(keys.size() == 1000);
    }

    TEST_CASE("derives from a name by a secret, and from nothing less") {
        const Secret secret{{1}};
        const Secret other{{2}};
        const std::string key = derived_file_key(secret, "job-1", "csv");
        CHECK(is_file_key(key));
        CHECK(derived_file_key(secret, "job-1", "csv") == key);
        CHECK(derived_file_key(secret, "job-2", "csv") != key);
        CHECK(derived_file_key(other, "job-1", "csv") != key);
    }

    TEST_CASE("refuses an extension that would break its form") {
        for (const char* extension : {"", "PDF", ".pdf", "a/b", "toolonger", "../x"}) {
            CAPTURE(extension);
            CHECK_THROWS_AS(random_file_key(extension), std::invalid_argument);
            CHECK_THROWS_AS(derived_file_key({}, "job", extension), std::invalid_argument);
        }
    }
}
