#include "messages.hpp"

using namespace desync;

namespace {

const std::string well = "{\"status\":\"ok\"}";
const std::string rest = "\r\nHost: localhost\r\n\r\n";

} // namespace

TEST_CASE("a request line must be method, target and version, separated by single spaces") {
    std::vector<Message> messages;
    for (const std::string& line : {
             "GET"s,
             "GET "s,
             "GET /healthz"s,
             "GET /healthz "s,
             " GET /healthz HTTP/1.1"s,
             "\tGET /healthz HTTP/1.1"s,
             "GET  /healthz HTTP/1.1"s,
             "GET /healthz  HTTP/1.1"s,
             "GET\t/healthz HTTP/1.1"s,
             "GET /healthz\tHTTP/1.1"s,
             "GET\x0b/healthz HTTP/1.1"s,
             "GET\x0c/healthz HTTP/1.1"s,
             "GET\xa0/healthz HTTP/1.1"s,
             "GET /healthz HTTP/1.1 "s,
             "GET /healthz HTTP/1.1\t"s,
             "GET /healthz HTTP/1.1 x"s,
             "GET /a /healthz HTTP/1.1"s,
             "GET /healthz HTTP/1.1 HTTP/1.1"s,
             "GET HTTP/1.1"s,
             "/healthz HTTP/1.1"s,
             "GET/healthz HTTP/1.1"s,
             "G(T /healthz HTTP/1.1"s,
             "GET: /healthz HTTP/1.1"s,
             "G\xc3\x89T /healthz HTTP/1.1"s,
             "\"GET\" /healthz HTTP/1.1"s,
             "GET /healthz\0 HTTP/1.1"s,
             "G\0ET /healthz HTTP/1.1"s,
             "X: y"s,
             "Host: localhost"s,
             "HTTP/1.1 200 OK"s,
             "HTTP/1.1 200"s,
             ": :"s,
         })
        messages.push_back({"other parsers guess the meaning", line + rest});
    Target().refuses(messages);
}

TEST_CASE("a version must be exactly HTTP/1.1 or HTTP/1.0") {
    std::vector<Message> messages;
    for (const std::string& version : {
             "http/1.1"s,     "Http/1.1"s,
             "HTTP/1"s,       "HTTP/1."s,
             "HTTP/.1"s,      "HTTP/11"s,
             "HTTP/1.1.1"s,   "HTTP/1.10"s,
             "HTTP/01.1"s,    "HTTP/1.01"s,
             "HTTP/+1.1"s,    "HTTP/1,1"s,
             "HTTP/1.x"s,     "HTTP-1.1"s,
             "HTTP1.1"s,      "HTTPS/1.1"s,
             "HTP/1.1"s,      "ICAP/1.0"s,
             "SIP/2.0"s,      "RTSP/1.0"s,
             "\"HTTP/1.1\""s, "HTTP/1.1;"s,
             "HTTP/1.1\x0b"s, "HTTP\\1.1"s,
             "HTTP//1.1"s,    "HTTP/\xef\xbc\x91.1"s,
         })
        messages.push_back({"another version has other rules", "GET /healthz " + version + rest});
    for (const std::string& version : {"HTTP/0.9"s, "HTTP/1.2"s, "HTTP/1.9"s, "HTTP/2.0"s,
                                       "HTTP/3.0"s, "HTTP/9.9"s, "HTTP/0.0"s, "HTTP/2.1"s})
        messages.push_back({"an unsupported version", "GET /healthz " + version + rest, 505});
    Target().refuses(messages);
}

TEST_CASE("a message that is not HTTP/1 gets one refusal") {
    const Message messages[] = {
        {"HTTP/0.9", "GET /healthz\r\n"},
        {"HTTP/0.9 with more behind", "GET /healthz\r\n\r\n"},
        {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"the preface with settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"s, 505},
        {"TLS", "\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03\r\n\r\n"s},
        {"a status line", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"two blank lines", "\r\n\r\n" + get("/healthz")},
        {"a bare LF before it", "\n" + get("/healthz")},
        {"a bare CR before it", "\r" + get("/healthz")},
        {"a space before it", " " + get("/healthz")},
        {"a byte order mark", "\xef\xbb\xbf" + get("/healthz")},
        {"a proxy's own protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get("/healthz")},
        {"the same in bytes", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s + get("/healthz")},
    };
    Target().refuses(messages);
}

TEST_CASE("a target must be a path, or a URL whose authority equals Host") {
    std::vector<Message> messages;
    for (const std::string& target : {
             "healthz"s,
             "localhost:80"s,
             "localhost"s,
             "*"s,
             "?x"s,
             "#x"s,
             "http:/healthz"s,
             "http:healthz"s,
             "http://evil/healthz"s,
             "http://localhost.evil/healthz"s,
             "http://localhost:81/healthz"s,
             "http://evil@localhost/healthz"s,
             "http://localhost@evil/healthz"s,
             "http://localhost:pass@evil/healthz"s,
             "http://localhost\\@evil/healthz"s,
             "http://localhost%00evil/"s,
             "http:///healthz"s,
             "http://"s,
             "ftp://localhost/healthz"s,
             "file:///etc/passwd"s,
             "javascript:alert(1)"s,
             "http//localhost/healthz"s,
             "ws://localhost/healthz"s,
             "@localhost/healthz"s,
             "http://[::1]/healthz"s,
             "http://localhost#evil/healthz"s,
             "/healthz\xc3\xa4"s,
             "/healthz\x80"s,
             "/healthz\x7f"s,
             "/health\x0bz"s,
             "\\healthz"s,
         })
        messages.push_back({"some parsers use the target, others Host", get(target)});
    for (const std::string& line :
         {"CONNECT localhost:80 HTTP/1.1"s, "CONNECT / HTTP/1.1x"s, "CONNECT * HTTP/1.1"s,
          "POST * HTTP/1.1"s, "OPTIONS ** HTTP/1.1"s})
        messages.push_back({"forms for other methods", line + rest});
    Target().refuses(messages);
}

TEST_CASE("Host must be sent once with one host") {
    const auto at = [](std::string_view fields) {
        return "GET /healthz HTTP/1.1\r\n" + std::string(fields) + "\r\n";
    };
    std::vector<Message> messages = {
        {"none", at("")},
        {"two", at("Host: localhost\r\nHost: evil\r\n")},
        {"two of the same", at("Host: localhost\r\nhost: localhost\r\n")},
        {"an empty one more", at("Host:\r\nHost: localhost\r\n")},
        {"a space before the colon", at("Host : localhost\r\n")},
        {"two on HTTP/1.0", "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"a bad one on HTTP/1.0", "GET /healthz HTTP/1.0\r\nHost: a b\r\n\r\n"},
        {"a URL without one on HTTP/1.0", "GET http://localhost/healthz HTTP/1.0\r\n\r\n"},
    };
    for (const std::string& host : {
             ""s,
             "localhost, evil"s,
             "localhost evil"s,
             "evil@localhost"s,
             "localhost@evil"s,
             "localhost/evil"s,
             "localhost?evil"s,
             "localhost#evil"s,
             "localhost\\evil"s,
             "localhost:80:81"s,
             "localhost:x"s,
             "localhost:-1"s,
             "localhost:+80"s,
             "localhost:123456"s,
             ":80"s,
             "http://localhost"s,
             "//localhost"s,
             "[::1"s,
             "::1"s,
             "[::1]evil"s,
             "[evil]"s,
             "[]"s,
             "localhost\tevil"s,
             "localhost\x0b"s,
             "local\0host"s,
             "localhost\xc3\xa4"s,
             "localhost%"s,
             "localhost%0"s,
             "<localhost>"s,
             "\"localhost\""s,
             "localhost|evil"s,
             "localhost^"s,
             "{localhost}"s,
         })
        messages.push_back({"it may be taken apart in two ways", at("Host: " + host + "\r\n")});
    Target().refuses(messages);
}

TEST_CASE("valid targets are accepted") {
    const Message messages[] = {
        {"a path", get("/healthz"), 200, well},
        {"a query", get("/healthz?a=b&c"), 200, well},
        {"a URL of this host", get("http://localhost/healthz"), 200, well},
        {"the same in other letters", get("HTTP://LOCALHOST/healthz"), 200, well},
        {"a URL of https, as behind a proxy", get("https://localhost/healthz"), 200, well},
        {"two slashes are an unknown path", get("//localhost/healthz"), 404},
        {"dot segments are refused", get("/v1/../healthz"), 400},
        {"a fragment is never sent", get("/healthz#x"), 400},
        {"an escape that is none", get("/healthz%"), 400},
        {"an escaped NUL", get("/healthz%00"), 400},
        {"an escaped CR LF", get("/healthz%0d%0aX:%20y"), 400},
        {"the server itself", "OPTIONS * HTTP/1.1" + rest, 204},
        {"an unknown method", "BREW /healthz HTTP/1.1" + rest, 501},
        {"a path to connect to", "CONNECT /healthz HTTP/1.1" + rest, 501},
        {"TRACE would reveal credentials", "TRACE /healthz HTTP/1.1" + rest, 501},
    };
    Target().takes(messages);
}
