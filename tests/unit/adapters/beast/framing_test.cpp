#include "framing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs::beast;

namespace {

std::optional<Head> read(std::string_view text) {
    FramingFault fault;
    return read_head(text, {}, fault);
}

unsigned status_of(std::string_view text, const HeadLimits& limits = {}) {
    FramingFault fault;
    return read_head(text, limits, fault) ? 200 : fault.status;
}

/// A request with Host and another field.
std::string with(std::string_view field) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(field) + "\r\n\r\n";
}

std::string at_host(std::string_view host) {
    return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

} // namespace

TEST_CASE("a plain head is parsed") {
    const auto head =
        read("GET /a?b=%20 HTTP/1.1\r\nHost: example.org:80\r\nX-Y:  z \t\r\nA:\r\n\r\n");
    REQUIRE(head);
    CHECK(head->method == "GET");
    CHECK(head->target == "/a?b=%20");
    CHECK(head->http_1_1);
    CHECK(head->keep_alive);
    CHECK_FALSE(head->has_body());
    CHECK(*head->headers.find("x-y") == "z");
    CHECK(*head->headers.find("A") == "");
}

TEST_CASE("a body is declared by a length or by chunked in any case") {
    CHECK(read(with("Content-Length: 12"))->content_length == 12U);
    CHECK(read(with("content-length:007"))->content_length == 7U);
    CHECK_FALSE(read(with("Content-Length: 0"))->has_body());
    CHECK(read(with("Content-Length: 18446744073709551615"))->has_body());
    CHECK(read(with("Transfer-Encoding: chunked"))->chunked);
    CHECK(read(with("transfer-encoding:\tChUnKeD "))->chunked);
}

TEST_CASE("an ambiguously framed message is refused with 400") {
    const std::string heads[] = {
        with("Transfer-Encoding: chunked\r\nContent-Length: 3"),
        with("Content-Length: 3\r\nTransfer-Encoding: chunked"),
        with("Transfer-Encoding: identity"),
        with("Transfer-Encoding: gzip, chunked"),
        with("Transfer-Encoding: chunked, identity"),
        with("Transfer-Encoding: chunked, chunked"),
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        with("Transfer-Encoding: xchunked"),
        with("Transfer-Encoding: chunkedx"),
        with("Transfer-Encoding: chunked;q=1"),
        with("Transfer-Encoding: \"chunked\""),
        with("Transfer-Encoding: ,chunked"),
        with("Transfer-Encoding:"),
        with("Transfer-Encoding: \x0b"
             "chunked"),
        with("Transfer-Encoding : chunked"),
        with(" Transfer-Encoding: chunked"),
        with("X: y\r\n Transfer-Encoding: chunked"),
        with("X: y\r\n\tZ"),
        with("X: y\rTransfer-Encoding: chunked"),
        with("X: y\nTransfer-Encoding: chunked"),
        with("X: y\r\r\nZ: 1"),
        with("X: y\n\r\nZ: 1"),
        with("Content-Length: +3"),
        with("Content-Length: -3"),
        with("Content-Length: 3, 3"),
        with("Content-Length: 3,"),
        with("Content-Length: 3 3"),
        with("Content-Length: 0x3"),
        with("Content-Length: 3.0"),
        with("Content-Length: "),
        with("Content-Length: 18446744073709551616"),
        with("Content-Length: 3\r\nContent-Length: 3"),
        with("Content-Length: 3\r\nContent-Length: 4"),
        with("Content-Length : 3"),
        with("Content-Length\t: 3"),
        with("Content_Length"),
        with(": 3"),
        with("X@: 3"),
        with("\"X\": 3"),
        with("X\xc3\xa4: 3"),
        with(std::string("X: a\0b", 6)),
        with(std::string("X\0: a", 5)),
        with("X: a\x7f"),
        with("X: a\x01"),
    };
    for (const auto& head : heads) {
        CAPTURE(head);
        CHECK(status_of(head) == 400);
    }
}

TEST_CASE("HTTP/1.0 does not allow Transfer-Encoding") {
    CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("an HTTP/1.1 request must have exactly one well-formed Host") {
    CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
    for (const auto host : {"a", "example.org", "example.org:8080", "127.0.0.1", "[::1]",
                            "[::ffff:1.2.3.4]:80", "a:", "xn--e1afmkfd", "a_b", "%41"}) {
        CAPTURE(host);
        CHECK(status_of(at_host(host)) == 200);
    }
    for (const auto host :
         {"",    "a b",    "a,b",   "a/b", "u@a", "a:x",  "a:1:2", "a:999999", ":80", "[]",  "[::1",
          "::1", "[::1]x", "[g::]", "a?",  "a#",  "a\\b", "a%4",   "\xc3\xa4", "<a>", "a\tb"}) {
        CAPTURE(host);
        CHECK(status_of(at_host(host)) == 400);
    }
}

TEST_CASE("a request line must have exactly three parts") {
    const std::string lines[] = {"",
                                 "GET",
                                 "GET /",
                                 "GET / HTTP/1.1 ",
                                 " GET / HTTP/1.1",
                                 "GET  / HTTP/1.1",
                                 "GET /  HTTP/1.1",
                                 "GET /a b HTTP/1.1",
                                 "GET\t/\tHTTP/1.1",
                                 "GET  HTTP/1.1",
                                 "G@T / HTTP/1.1",
                                 "GET / http/1.1",
                                 "GET / HTTP/1.1.1",
                                 "GET / HTTP/11",
                                 "GET / HTTPS/1.1",
                                 "GET / ICY",
                                 "GET /\x01 HTTP/1.1",
                                 "GET /\xc3\xa4 HTTP/1.1",
                                 "GET x HTTP/1.1",
                                 "GET * HTTP/1.1",
                                 "GET a:80 HTTP/1.1",
                                 "CONNECT a:80 HTTP/1.1",
                                 "GET ftp://a/ HTTP/1.1",
                                 "GET //[ HTTP/1.1x"};
    for (const auto& line : lines) {
        CAPTURE(line);
        CHECK(status_of(line + "\r\nHost: a\r\n\r\n") == 400);
    }
}

TEST_CASE("other HTTP versions are refused with 505") {
    CHECK(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/0.9\r\nHost: a\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
}

TEST_CASE("an absolute target is accepted if Host matches it") {
    const auto target = [](std::string_view text) {
        const auto head = read("GET " + std::string(text) + " HTTP/1.1\r\nHost: a.org:80\r\n\r\n");
        return head ? head->target : "refused";
    };
    CHECK(target("http://a.org:80/x?y") == "/x?y");
    CHECK(target("HTTP://A.ORG:80") == "/");
    CHECK(target("https://a.org:80?y") == "/?y");
    CHECK(target("http://b.org:80/x") == "refused");
    CHECK(target("http://a.org/x") == "refused");
    CHECK(target("http://u@a.org:80/x") == "refused");
    CHECK(target("http:///x") == "refused");
    CHECK(status_of("GET http://a/ HTTP/1.0\r\n\r\n") == 400);
    CHECK(status_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
}

TEST_CASE("persistence follows from version and Connection") {
    const auto persists = [](std::string_view version, std::string_view connection) {
        return read("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(connection) +
                    "\r\n")
            ->keep_alive;
    };
    CHECK(persists("HTTP/1.1", ""));
    CHECK_FALSE(persists("HTTP/1.1", "Connection: close\r\n"));
    CHECK_FALSE(persists("HTTP/1.1", "Connection: x, CLOSE\r\n"));
    CHECK_FALSE(persists("HTTP/1.1", "Connection: keep-alive, close\r\n"));
    CHECK_FALSE(persists("HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
    CHECK_FALSE(persists("HTTP/1.0", ""));
    CHECK(persists("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("an unknown expectation is refused") {
    CHECK(read(with("Expect: 100-Continue"))->expect_continue);
    CHECK_FALSE(read(with("X: y"))->expect_continue);
    CHECK(status_of(with("Expect: a-miracle")) == 417);
    CHECK(status_of(with("Expect: 100-continue, a-miracle")) == 417);
    CHECK_FALSE(read("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->expect_continue);
}

TEST_CASE("long targets get 414 and many fields 431") {
    const HeadLimits limits{.target = 10, .fields = 3};
    CHECK(status_of("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n", limits) == 200);
    CHECK(status_of("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", limits) == 414);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", limits) == 200);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits) == 431);
}

TEST_CASE("an oversized head gets 414 or 431 by its first line") {
    const HeadLimits limits{.target = 10, .fields = 3};
    CHECK(oversized_head("GET /aaaaaaaaaaaaaaaaaaaaaaaa", limits).status == 414);
    CHECK(oversized_head("GET /aaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost", limits).status == 414);
    CHECK(
        oversized_head("GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaa", HeadLimits{}).status ==
        431);
}

TEST_CASE("the end of a head is found however it is split") {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string data = head + "body\n";
    CHECK(find_head_end(data, 0).length == head.size());
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        CAPTURE(cut);
        const auto part = find_head_end(data.substr(0, cut), 0);
        CHECK(part.length == 0);
        CHECK_FALSE(part.malformed);
        CHECK(find_head_end(data, cut).length == head.size());
    }
}

TEST_CASE("a bare LF or CR is found as soon as it arrives") {
    for (const std::string text : {"GET / HTTP/1.1\nHost: a\n\n", "\n", "GET\r/", "G\r\r\n",
                                   "GET / HTTP/1.1\r\nHost: a\r\n\n"}) {
        CAPTURE(text);
        bool malformed = false;
        for (std::size_t seen = 0; seen < text.size(); ++seen)
            malformed = malformed || find_head_end(text.substr(0, seen + 1), seen).malformed;
        CHECK(malformed);
    }
    CHECK_FALSE(find_head_end("GET / HTTP/1.1\r", 0).malformed);
}
