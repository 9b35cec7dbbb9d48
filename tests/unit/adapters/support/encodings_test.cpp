#include <support/encodings.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace asyncjobs::support;

namespace {

/// Each byte once.
std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

} // namespace

TEST_CASE("hexadecimal digits stand for bytes") {
    CHECK(to_hex(std::string("\x00\x7f\xff", 3)) == "007fff");
    CHECK(from_hex("007fff") == std::string("\x00\x7f\xff", 3));
    CHECK(from_hex(to_hex(all_bytes())) == all_bytes());
    CHECK(from_hex("") == "");
}

TEST_CASE("text that is not made of pairs of lower-case digits is refused") {
    for (const char* text : {"0", "0A", "0g", " 00", "00 ", "0x"}) {
        CAPTURE(text);
        CHECK(from_hex(text) == std::nullopt);
    }
}

TEST_CASE("base64 is that of RFC 4648's examples") {
    const std::pair<std::string, std::string> examples[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& example : examples) {
        CAPTURE(example.first);
        CHECK(to_base64(example.first) == example.second);
        CHECK(from_base64(example.second) == example.first);
    }
    CHECK(from_base64(to_base64(all_bytes())) == all_bytes());
}

TEST_CASE("base64 with blanks, stray bits, wrong padding or other characters is refused") {
    for (const char* text :
         {"Zm9v ", " Zm9v", "Zm9v\n", "Zh==", "Zm9=", "Zg=", "Zg", "=", "====", "Z===", "Zm-_"}) {
        CAPTURE(text);
        CHECK(from_base64(text) == std::nullopt);
    }
}
