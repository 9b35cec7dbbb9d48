#include <asyncjobs/http/file_stream.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace asyncjobs::http;

namespace {

std::shared_ptr<BodyStream> stream_of(const std::string& bytes, std::uint64_t length) {
    return stream_file({std::make_shared<std::istringstream>(bytes), length});
}

std::optional<std::string> next_of(BodyStream& stream) {
    std::optional<std::string> got = "nothing was delivered";
    stream.next([&](std::optional<std::string> piece) { got = std::move(piece); });
    return got;
}

} // namespace

TEST_CASE("a file's stream delivers its bytes in pieces") {
    std::string text;
    for (int line = 0; line < 30'000; ++line) text += std::to_string(line) + '\n';
    const auto stream = stream_of(text, text.size());
    std::string got;
    int pieces = 0;
    for (; const auto piece = next_of(*stream); ++pieces) got += *piece;
    CHECK(got == text);
    CHECK(pieces == 3);
    CHECK(!next_of(*stream));
}

TEST_CASE("a file's stream delivers no more than the declared length") {
    const auto part = stream_of("0123456789", 4);
    CHECK(next_of(*part) == "0123");
    CHECK(!next_of(*part));
    CHECK(!next_of(*stream_of("0123456789", 0)));
}

TEST_CASE("a truncated file ends in an error") {
    const auto stream = stream_of(std::string(65 * 1024, 'x'), 200'000);
    CHECK(next_of(*stream)->size() == 64 * 1024);
    CHECK_THROWS_AS(next_of(*stream), std::runtime_error);
}
