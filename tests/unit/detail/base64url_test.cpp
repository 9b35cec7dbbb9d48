#include <asyncjobs/detail/base64url.hpp>

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

using asyncjobs::detail::decode_base64url;
using asyncjobs::detail::encode_base64url;

TEST_CASE("base64url follows RFC 4648, without padding") {
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF", "-_8"},
        {"\x03\xEC\xFF\xE0\xC1", "A-z_4ME"}}; // RFC 7515, appendix C
    for (const auto& text : texts) {
        CHECK(encode_base64url(text.first) == text.second);
        CHECK(decode_base64url(text.second) == text.first);
    }
}

TEST_CASE("base64url accepts only the canonical spelling of bytes") {
    for (const char* text : {"Z", "A", "Zm9vA", "Zm9vY", "Zg==", "Zm8=", "Zh", "Zm9", "Zm 8",
                             "Zm8\n", "+/8", "Zm.8", "\xC3\xA4"}) {
        CAPTURE(text);
        CHECK(!decode_base64url(text));
    }
}
