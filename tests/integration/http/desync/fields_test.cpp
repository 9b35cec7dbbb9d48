#include "messages.hpp"

using namespace desync;

TEST_CASE("a line of the head that is not a field is refused") {
    std::vector<Message> messages;
    for (const std::string& line : {
             "X : y"s,
             "X\t: y"s,
             " X: y"s,
             "\tX: y"s,
             ": y"s,
             ":"s,
             " : y"s,
             "X"s,
             "X y"s,
             "X;: y"s,
             "X Y: z"s,
             "\"X\": y"s,
             "X/Y: z"s,
             "X@Y: z"s,
             "X(y): z"s,
             "X,Y: z"s,
             "{X}: y"s,
             "X=y: z"s,
             "X\\: y"s,
             "[X]: y"s,
             "<X>: y"s,
             "X?: y"s,
             "X\xc3\xa4: y"s,
             "\xff: y"s,
             "\xef\xbb\xbfX: y"s,
             "GET /v1/smuggled HTTP/1.1"s,
             " "s,
             "\t"s,
             "\x0b"s,
         })
        messages.push_back(
            {"parsers that ignore it may see another message", get("/healthz", line + "\r\n")});
    Target().refuses(messages);
}

TEST_CASE("a folded field is refused") {
    std::vector<Message> messages;
    for (const std::string& fields : {
             "X: y\r\n z\r\n"s,
             "X: y\r\n\tz\r\n"s,
             "X:\r\n y\r\n"s,
             "X: y\r\n \r\n"s,
             "X: y\r\n\t\r\n"s,
             "X: y\r\n  Z: 1\r\n"s,
             " X: y\r\n"s,
             "X: y\r\n z\r\n Z: 1\r\n"s,
             "X: y\n z\r\n"s,
             "Connection:\r\n close\r\n"s,
         })
        messages.push_back({"some parsers join the lines", get("/healthz", fields)});
    messages.push_back({"right behind the request line",
                        "GET /healthz HTTP/1.1\r\n Host: localhost\r\nHost: localhost\r\n\r\n"});
    messages.push_back({"Host itself", "GET /healthz HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n"});
    Target().refuses(messages);
}

TEST_CASE("NUL and other control characters are refused anywhere in the head") {
    const std::string request = get("/healthz?a=b", "X-Y: z w\r\nUser-Agent: x\r\n");
    std::vector<Message> messages;
    for (const char control : "\x01\x0b\x7f"s + "\0"s)
        for (std::size_t at = 0; at + 4 <= request.size(); ++at)
            messages.push_back({"it ends a text for some parsers only",
                                request.substr(0, at) + control + request.substr(at)});
    Target().refuses(messages);
}

TEST_CASE("a bare CR or LF is refused anywhere in the head") {
    const std::string request = get("/healthz?a=b", "X-Y: z w\r\nUser-Agent: x\r\n");
    std::vector<Message> messages;
    for (std::size_t at = 0; at + 4 <= request.size(); ++at) {
        const bool at_line_end = request[at] == '\n';
        const auto with = [&](std::string_view inserted) {
            return request.substr(0, at) + std::string(inserted) + request.substr(at);
        };
        messages.push_back({"a CR ends a line for some parsers", with("\r")});
        if (!at_line_end) messages.push_back({"an LF ends a line for many", with("\n")});
        if (!at_line_end) messages.push_back({"LF CR", with("\n\r")});
    }
    for (std::size_t at = request.find("\r\n"); at + 4 <= request.size();
         at = request.find("\r\n", at + 1)) {
        auto bare = request;
        messages.push_back({"an LF instead of CR LF", bare.erase(at, 1)});
        bare = request;
        messages.push_back({"a CR instead of CR LF", bare.erase(at + 1, 1)});
    }
    messages.push_back({"bare LFs all over", "GET /healthz HTTP/1.1\nHost: localhost\n\n"});
    messages.push_back(
        {"a bare LF at the head's end", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\n"});
    messages.push_back({"bare CRs all over", "GET /healthz HTTP/1.1\rHost: localhost\r\r"});
    Target().refuses(messages);
}

TEST_CASE("unusual but unambiguous fields are accepted") {
    const std::string well = "{\"status\":\"ok\"}";
    const Message messages[] = {
        {"an empty value", get("/healthz", "X:\r\n"), 200, well},
        {"a value of spaces", get("/healthz", "X: \t \r\n"), 200, well},
        {"colons in a value", get("/healthz", "X: :y: z\r\n"), 200, well},
        {"bytes above ASCII in a value", get("/healthz", "X: \xc3\xa4\xff\x80\r\n"), 200, well},
        {"a tab in a value", get("/healthz", "X: a\tb\r\n"), 200, well},
        {"each letter of a token", get("/healthz", "!#$%&'*+-.^_`|~09azAZ: y\r\n"), 200, well},
        {"the same field twice", get("/healthz", "X: y\r\nX: z\r\n"), 200, well},
        {"a blank line before the request", "\r\n" + get("/healthz"), 200, well},
        {"hop-by-hop names that are needed", get("/healthz", "Connection: Host, X\r\nX: y\r\n"),
         200, well},
        {"a field for proxies only",
         get("/healthz", "X-Forwarded-Host: evil\r\nForwarded: host=evil\r\n"), 200, well},
        {"an unsupported upgrade",
         get("/healthz",
             "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
         200, well},
    };
    Target().takes(messages);
}
