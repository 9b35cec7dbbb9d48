#include <asyncjobs/http/file_response.hpp>

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace asyncjobs::http;

namespace {

/// A file of ten bytes, for the time of a test.
class TenBytes {
public:
    TenBytes() {
        std::string name = (std::filesystem::temp_directory_path() / "ten-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        REQUIRE(file >= 0);
        path = name;
        std::ofstream(path) << "0123456789";
    }
    ~TenBytes() { std::filesystem::remove(path); }
    TenBytes(const TenBytes&) = delete;
    TenBytes& operator=(const TenBytes&) = delete;

    FileInfo info() const {
        return {.path = path, .content_type = "text/plain", .etag = "\"abc\""};
    }

    std::string path;
};

Response get(const FileInfo& info, Headers headers) {
    return file_response({.method = "GET", .headers = std::move(headers)}, info);
}

std::string sent(const Response& response) {
    const auto& [file, length] = std::get<FileBody>(response.body);
    std::string bytes(length, '\0');
    file->read(bytes.data(), static_cast<std::streamsize>(length));
    CHECK(file->good());
    return bytes;
}

} // namespace

TEST_CASE("a file is sent whole, with Accept-Ranges") {
    const TenBytes file;
    const auto response = get(file.info(), {});
    CHECK(response.status == 200);
    CHECK(*response.headers.find("Content-Type") == "text/plain");
    CHECK(*response.headers.find("Accept-Ranges") == "bytes");
    CHECK(*response.headers.find("ETag") == "\"abc\"");
    CHECK(sent(response) == "0123456789");
}

TEST_CASE("one range gets that part") {
    const TenBytes file;
    struct Case {
        const char* range;
        std::uint64_t first, last;
    };
    const Case cases[] = {
        {"bytes=0-0", 0, 0}, {"bytes=2-5", 2, 5},  {"bytes=7-", 7, 9},
        {"bytes=-3", 7, 9},  {"bytes=-99", 0, 9},  {"bytes=5-99", 5, 9},
        {"Bytes=9-9", 9, 9}, {"bytes= 1-2", 1, 2}, {"bytes=3-99999999999999999999999", 3, 9}};
    for (const Case& asked : cases) {
        CAPTURE(asked.range);
        const auto response = get(file.info(), {{"Range", asked.range}});
        CHECK(response.status == 206);
        CHECK(*response.headers.find("Content-Range") ==
              "bytes " + std::to_string(asked.first) + "-" + std::to_string(asked.last) + "/10");
        CHECK(sent(response) ==
              std::string("0123456789").substr(asked.first, asked.last - asked.first + 1));
    }
}

TEST_CASE("a file that is removed after it was opened is sent") {
    const TenBytes file;
    const auto response = get(file.info(), {{"Range", "bytes=4-"}});
    std::filesystem::remove(file.path);
    CHECK(sent(response) == "456789");
}

TEST_CASE("a range beyond the end gets 416 and the length") {
    const TenBytes file;
    for (const std::string range :
         {"bytes=10-", "bytes=10-11", "bytes=-0", "bytes=99999999999999999999999-"}) {
        CAPTURE(range);
        try {
            get(file.info(), {{"Range", range}});
            FAIL_CHECK("it was served");
        } catch (const Problem& problem) {
            const auto response = problem.response("urn:x");
            CHECK(response.status == 416);
            CHECK(*response.headers.find("Content-Range") == "bytes */10");
        }
    }
}

TEST_CASE("malformed, unknown and multiple ranges get the whole file") {
    const TenBytes file;
    for (const std::string range : {"bytes=0-1,3-4", "bytes=5-2", "bytes=a-b", "bytes=", "bytes=-",
                                    "items=0-1", "0-1", "bytes=+1-2"}) {
        CAPTURE(range);
        const auto response = get(file.info(), {{"Range", range}});
        CHECK(response.status == 200);
        CHECK(std::get<FileBody>(response.body).length == 10);
    }
    CHECK(get(file.info(), {{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}).status == 200);
}

TEST_CASE("If-Range requires the same representation") {
    const TenBytes file;
    const auto status = [&](const char* condition) {
        return get(file.info(), {{"Range", "bytes=0-1"}, {"If-Range", condition}}).status;
    };
    CHECK(status("\"abc\"") == 206);
    CHECK(status("\"abd\"") == 200);
    CHECK(status("W/\"abc\"") == 200);
    CHECK(status("Wed, 08 Jan 2025 12:00:00 GMT") == 200);
}

TEST_CASE("HEAD ignores ranges") {
    const TenBytes file;
    const auto response =
        file_response({.method = "HEAD", .headers = {{"Range", "bytes=0-1"}}}, file.info());
    CHECK(response.status == 200);
}

TEST_CASE("a client with a current copy of the file gets 304") {
    const TenBytes file;
    const auto response = get(file.info(), {{"If-None-Match", "\"abc\""}});
    CHECK(response.status == 304);
    CHECK(*response.headers.find("ETag") == "\"abc\"");
}

TEST_CASE("a missing or irregular file throws the host's problem, 404 by default") {
    const auto status = [](const FileInfo& info) -> std::optional<unsigned> {
        try {
            get(info, {});
        } catch (const Problem& problem) {
            return problem.status();
        }
        return std::nullopt;
    };
    for (const std::string path : {"/nonexistent/file", "/", "/dev/null"}) {
        CAPTURE(path);
        CHECK(status({.path = path}) == 404U);
        CHECK(status({.path = path, .missing = {410, "expired", "It was removed."}}) == 410U);
    }
}

TEST_CASE("a download's name is safe in a header, and exact if possible") {
    CHECK(attachment_disposition("report.pdf") == "attachment; filename=\"report.pdf\"");
    CHECK(attachment_disposition("Umsätze.pdf") ==
          "attachment; filename=\"Ums_tze.pdf\"; filename*=UTF-8''Ums%C3%A4tze.pdf");
    CHECK(attachment_disposition("a\"b%.txt") ==
          "attachment; filename=\"a_b_.txt\"; filename*=UTF-8''a%22b%25.txt");
    CHECK(attachment_disposition("../a\\b\r\nX: y") == "attachment; filename=\".._a_b__X: y\"");
    CHECK(attachment_disposition("\xff").find('\xff') == std::string::npos);
}
