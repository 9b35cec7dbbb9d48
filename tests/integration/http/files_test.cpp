#include "served_api.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace asyncjobs;

namespace {

/// A file of 300,000 bytes, which takes several writes.
class LargeFile {
public:
    LargeFile() {
        std::string name = (std::filesystem::temp_directory_path() / "large-XXXXXX").string();
        REQUIRE(::mkstemp(name.data()) >= 0);
        path = name;
        for (int i = 0; i < 300'000; ++i) content += static_cast<char>('a' + i % 23);
        std::ofstream(path) << content;
    }
    ~LargeFile() { std::filesystem::remove(path); }
    LargeFile(const LargeFile&) = delete;
    LargeFile& operator=(const LargeFile&) = delete;

    http::RouteHandler handler() const {
        return [this](const http::Call& call) {
            return http::file_response(call.request, {.path = path,
                                                      .content_type = "application/pdf",
                                                      .download_name = "a.pdf",
                                                      .etag = "\"v1\""});
        };
    }

    std::string path;
    std::string content;
};

} // namespace

TEST_CASE("a file is sent whole or in part, and HEAD has no body") {
    const LargeFile file;
    ServedApi served;
    served.api.route("GET", "/files/{key}", file.handler(), {.authenticate = false});
    const auto whole = served.ask("GET /v1/files/x", "");
    CHECK(whole.status == 200);
    CHECK(whole.body == file.content);
    CHECK(whole.header("Content-Disposition") == "attachment; filename=\"a.pdf\"");
    const auto part = served.ask("GET /v1/files/x", "", "Range: bytes=100000-199999\r\n");
    CHECK(part.status == 206);
    CHECK(part.header("Content-Length") == "100000");
    CHECK(part.header("Content-Range") == "bytes 100000-199999/300000");
    CHECK(part.body == file.content.substr(100'000, 100'000));
    const auto head = served.ask("HEAD /v1/files/x", "");
    CHECK(head.header("Content-Length") == "300000");
    const auto beyond = served.ask("GET /v1/files/x", "", "Range: bytes=300000-\r\n");
    CHECK(beyond.status == 416);
    CHECK(beyond.header("Content-Range") == "bytes */300000");
    CHECK(served.ask("GET /v1/files/x", "", "If-None-Match: \"v1\"\r\n").status == 304);
}

TEST_CASE("a connection persists after a file") {
    const LargeFile file;
    ServedApi served;
    served.api.route("GET", "/files/{key}", file.handler(), {.authenticate = false});
    auto connection = served.connect();
    for (int time = 0; time < 3; ++time)
        CHECK(connection.ask(ServedApi::request("GET /v1/files/x", "")).body == file.content);
}

TEST_CASE("a file that is removed before it is sent is sent") {
    const LargeFile file;
    ServedApi served;
    served.api.route("GET", "/removed", [&](const http::Call& call) {
        auto response = file.handler()(call);
        std::filesystem::remove(file.path);
        return response;
    });
    CHECK(served.ask("GET /v1/removed").body == file.content);
}

TEST_CASE("a file that is truncated before it is sent breaks the response off") {
    const LargeFile file;
    ServedApi served;
    served.api.route("GET", "/short", [&](const http::Call& call) {
        auto response = file.handler()(call);
        std::filesystem::resize_file(file.path, 100'000);
        return response;
    });
    auto connection = served.connect();
    connection.send(ServedApi::request("GET /v1/short", "ann"));
    const auto sent = connection.receive_rest();
    CHECK(sent.find("Content-Length: 300000\r\n") != std::string::npos);
    CHECK(sent.size() < 100'000);
}
