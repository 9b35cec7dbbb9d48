#include <asyncjobs/http/response_head.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http;
using namespace std::chrono_literals;

namespace {
const Timestamp sent_at{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};
}

TEST_CASE("a head has its status line, the date and the response's fields") {
    const Response response{
        .status = 404, .headers = {{"A", "1"}, {"Content-Length", "0"}}, .body = {}};
    CHECK(response_head(response, sent_at, Persistence::implied) ==
          "HTTP/1.1 404 Not Found\r\nDate: Wed, 08 Jan 2025 12:00:00 GMT\r\nA: 1\r\n"
          "Content-Length: 0\r\n\r\n");
}

TEST_CASE("Connection is written unless the HTTP version implies it") {
    CHECK(response_head({}, sent_at, Persistence::close).find("\r\nConnection: close\r\n") !=
          std::string::npos);
    CHECK(response_head({}, sent_at, Persistence::keep_alive)
              .find("\r\nConnection: keep-alive\r\n") != std::string::npos);
}

TEST_CASE("framing fields of a response are not written") {
    const Response response{.headers = {{"transfer-encoding", "chunked"},
                                        {"connection", "upgrade"},
                                        {"date", "today"},
                                        {"upgrade", "h2c"}},
                            .body = {}};
    CHECK(response_head(response, sent_at, Persistence::implied) ==
          "HTTP/1.1 200 OK\r\nDate: Wed, 08 Jan 2025 12:00:00 GMT\r\n\r\n");
}
