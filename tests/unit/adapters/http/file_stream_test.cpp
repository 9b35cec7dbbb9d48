#include <asyncjobs/http/file_stream.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

using namespace asyncjobs::http;

namespace {

/// A file for the time of a test.
class SomeFile {
public:
    explicit SomeFile(const std::string& text) {
        path = (std::filesystem::temp_directory_path() / "stream-XXXXXX").string();
        const int file = ::mkstemp(path.data());
        REQUIRE(file >= 0);
        std::ofstream(path) << text;
    }
    ~SomeFile() { std::filesystem::remove(path); }
    SomeFile(const SomeFile&) = delete;
    SomeFile& operator=(const SomeFile&) = delete;

    std::string path;
};

std::optional<std::string> next_of(BodyStream& stream) {
    std::optional<std::string> got = "nothing was delivered";
    stream.next([&](std::optional<std::string> piece) { got = std::move(piece); });
    return got;
}

} // namespace

TEST_CASE("a file's stream is its bytes, piece by piece") {
    std::string text;
    for (int line = 0; line < 30'000; ++line) text += std::to_string(line) + '\n';
    const SomeFile file(text);
    const auto stream = stream_file({.path = file.path, .length = text.size()});
    std::string got;
    int pieces = 0;
    for (; const auto piece = next_of(*stream); ++pieces) got += *piece;
    CHECK(got == text);
    CHECK(pieces == 3);
    CHECK(!next_of(*stream));
}

TEST_CASE("a part of a file is that part, and may be nothing") {
    const SomeFile file("0123456789");
    const auto part = stream_file({.path = file.path, .offset = 3, .length = 4});
    CHECK(next_of(*part) == "3456");
    CHECK(!next_of(*part));
    CHECK(!next_of(*stream_file({.path = file.path, .offset = 10, .length = 0})));
}

TEST_CASE("a file that has not what was promised can't be sent") {
    const SomeFile file("0123456789");
    CHECK_THROWS_AS(stream_file({.path = file.path, .length = 11}), std::runtime_error);
    CHECK_THROWS_AS(stream_file({.path = file.path, .offset = 11}), std::runtime_error);
    CHECK_THROWS_AS(stream_file({.path = file.path + "x"}), std::runtime_error);
}

TEST_CASE("a file that becomes shorter while it is sent ends in an error") {
    const SomeFile file(std::string(200'000, 'x'));
    const auto stream = stream_file({.path = file.path, .length = 200'000});
    CHECK(next_of(*stream)->size() == 64 * 1024);
    std::filesystem::resize_file(file.path, 65 * 1024);
    CHECK_THROWS_AS(
        [&] {
            while (next_of(*stream)) {
            }
        }(),
        std::runtime_error);
}
