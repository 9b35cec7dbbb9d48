#include "messages.hpp"

using namespace desync;

TEST_CASE("a length must consist of decimal digits") {
    std::vector<Message> messages;
    for (const std::string& value : {
             "+1"s,
             "-1"s,
             "-0"s,
             "+0"s,
             "0x1"s,
             "1h"s,
             "1 1"s,
             "1\t1"s,
             "1,"s,
             ",1"s,
             "1;"s,
             "1;q=1"s,
             "1.0"s,
             "1e0"s,
             "1_0"s,
             "1'0"s,
             "\"1\""s,
             "(1)"s,
             "one"s,
             ""s,
             " "s,
             "%31"s,
             "\xef\xbc\x91"s,
             "\xc2\xb9"s,
             "1\xa0"s,
             "\xa0"
             "1"s,
             "1\0"s,
             "\0001"s,
             "\x0b"
             "1"s,
             "1\x0b"s,
             "\x0c"
             "1"s,
             "1\x0c"s,
             "1\x7f"s,
             "NaN"s,
             "inf"s,
             "1L"s,
             "0b1"s,
             "#1"s,
             "1\r"s,
         })
        messages.push_back(
            {"some parsers of numbers take it", post("Content-Length: " + value + "\r\n", "1")});
    for (const std::string& value : {
             "18446744073709551616"s,
             "18446744073709551617"s,
             "36893488147419103233"s,
             "99999999999999999999999999999999"s,
             "340282366920938463463374607431768211457"s,
         })
        messages.push_back({"an overflow may become a small number",
                            post("Content-Length: " + value + "\r\n", "1")});
    Target().refuses(messages);
}

TEST_CASE("a length over the body limit is refused with 413") {
    std::vector<Message> messages;
    for (const std::string& value :
         {"18446744073709551615"s, "9223372036854775808"s, "9223372036854775807"s, "4294967297"s,
          "4294967296"s, "2147483649"s})
        messages.push_back({"signed and unsigned, 32 bits and 64",
                            post("Content-Length: " + value + "\r\n", "1"), 413});
    Target().refuses(messages);
}

TEST_CASE("two lengths are refused even if they are equal") {
    const Message messages[] = {
        {"a list of the same", post("Content-Length: 1, 1\r\n", "1")},
        {"a list of the same, without a space", post("Content-Length: 1,1\r\n", "1")},
        {"a list of two", post("Content-Length: 1, 0\r\n", "1")},
        {"two lines of the same", post("Content-Length: 1\r\nContent-Length: 1\r\n", "1")},
        {"two lines of two", post("Content-Length: 0\r\nContent-Length: 1\r\n", "1")},
        {"the same, written otherwise", post("Content-Length: 1\r\ncontent-length: 01\r\n", "1")},
        {"something between", post("Content-Length: 1\r\nX: y\r\nContent-Length: 1\r\n", "1")},
        {"an empty one", post("Content-Length:\r\nContent-Length: 1\r\n", "1")},
        {"none, twice", post("Content-Length: 0\r\nContent-Length: 0\r\n")},
    };
    Target().refuses(messages);
}

TEST_CASE("a malformed line that some parsers read as a length is refused") {
    std::vector<Message> messages;
    for (const std::string& line : {
             "Content-Length : 1"s,
             "Content-Length\t: 1"s,
             " Content-Length: 1"s,
             "\tContent-Length: 1"s,
             "Content-Length 1"s,
             "Content-Length\0: 1"s,
             "Content-Length\x0b: 1"s,
             "Content-Length:\r\n 1"s,
             "Content-Length: 1\r\n 0"s,
             "X: y\rContent-Length: 1"s,
             "X: y\nContent-Length: 1"s,
             "X: y\r\n Content-Length: 1"s,
             "\"Content-Length\": 1"s,
             "Content Length: 1"s,
             "Content-Length=1"s,
             "Content-Length\xa0: 1"s,
         }) {
        messages.push_back(
            {"a body for some parsers, a request for others", post(line + "\r\n", "1")});
        messages.push_back(
            {"the same with a valid one", post("Content-Length: 1\r\n" + line + "\r\n", "1")});
    }
    Target().refuses(messages);
}

TEST_CASE("a valid length is accepted in every form that the grammar allows") {
    const Message messages[] = {
        {"zeros before it", post("Content-Length: 0000000000000000000000001\r\n", "1"), 200, "1"},
        {"tabs and spaces around it", post("Content-Length:\t 1 \t\r\n", "1"), 200, "1"},
        {"no space", post("Content-Length:1\r\n", "1"), 200, "1"},
        {"nothing", post("Content-Length: 0\r\n"), 200, ""},
        {"a similar field", post("Content_Length: 5\r\nX-Content-Length: 5\r\n"), 200, ""},
        {"a body that is like a chunk", post("Content-Length: 5\r\n", "0\r\n\r\n"), 200,
         "0\r\n\r\n"},
        {"CL.0: on GET", get("/healthz", "Content-Length: 1\r\n") + "1", 200,
         "{\"status\":\"ok\"}"},
        {"a body on GET, in chunks",
         get("/healthz", "Transfer-Encoding: chunked\r\n") + "1\r\n1\r\n0\r\n\r\n", 200,
         "{\"status\":\"ok\"}"},
    };
    Target().takes(messages);
}

TEST_CASE("CL.0: a request within a body remains part of the body on every route") {
    const auto length = "Content-Length: " + std::to_string(smuggled.size()) + "\r\n";
    const auto with_body = [&](std::string_view line) {
        return std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n" + smuggled;
    };
    const Message messages[] = {
        {"a route that takes no body", with_body("GET /healthz"), 200},
        {"an unknown route", with_body("POST /v1/nothing"), 404},
        {"a method that the path does not have", with_body("DELETE /healthz"), 405},
        {"an unknown method", with_body("BREW /healthz"), 501},
        {"what needs credentials", with_body("POST /v1/notes"), 401},
        {"OPTIONS", with_body("OPTIONS /v1/jobs"), 204},
        {"all in chunks",
         "GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
             [] {
                 char size[17];
                 std::snprintf(size, sizeof size, "%zx", smuggled.size());
                 return std::string(size);
             }() +
             "\r\n" + smuggled + "\r\n0\r\n\r\n",
         200},
    };
    Target().swallows(messages);
}
