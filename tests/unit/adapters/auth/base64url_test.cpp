#include "base64url.hpp"

#include <doctest/doctest.h>

using asyncjobs::auth::decode_base64url;

TEST_CASE("base64url decodes what RFC 4648 encodes, without its padding") {
    CHECK(decode_base64url("") == "");
    CHECK(decode_base64url("Zg") == "f");
    CHECK(decode_base64url("Zm8") == "fo");
    CHECK(decode_base64url("Zm9v") == "foo");
    CHECK(decode_base64url("Zm9vYmFy") == "foobar");
    CHECK(decode_base64url("-_8") == "\xFB\xFF");
    CHECK(decode_base64url("A-z_4ME") == "\x03\xEC\xFF\xE0\xC1"); // RFC 7515, appendix C
}

TEST_CASE("bytes have one spelling in base64url, and anything else is refused") {
    for (const char* text : {"Z", "A", "Zm9vA", "Zm9vY", "Zg==", "Zm8=", "Zh", "Zm9", "Zm 8",
                             "Zm8\n", "+/8", "Zm.8", "\xC3\xA4"}) {
        CAPTURE(text);
        CHECK(!decode_base64url(text));
    }
}
