#include "messages.hpp"

using namespace desync;

TEST_CASE("a chunk size must consist of hexadecimal digits") {
    std::vector<Message> messages;
    for (const std::string& size : {
             "+1"s,
             "-1"s,
             "0x1"s,
             "0X1"s,
             "x1"s,
             "1_0"s,
             "1h"s,
             "g"s,
             " 1"s,
             "\t1"s,
             "\x0b"
             "1"s,
             "1 0"s,
             "1,"s,
             "1.0"s,
             "1e0x"s,
             "\"1\""s,
             ""s,
             " "s,
             "\0001"s,
             "1\0"s,
             "1\x0b"s,
             "1\x0c"s,
             "\xef\xbc\x91"s,
             "#1"s,
             "%31"s,
             "1\r"s,
             "\r1"s,
             "-0"s,
             "+0"s,
             "0x0"s,
             "--1"s,
             "1-"s,
         })
        messages.push_back(
            {"some parsers of numbers take it", chunked(size + "\r\n1\r\n0\r\n\r\n")});
    for (const std::string& size : {
             "10000000000000000"s,
             "10000000000000001"s,
             "fffffffffffffffff"s,
             "100000000000000000001"s,
             "ffffffffffffffffffffffffffffffff1"s,
         })
        messages.push_back(
            {"an overflow may become a small number", chunked(size + "\r\n1\r\n0\r\n\r\n")});
    Target().refuses(messages);
}

TEST_CASE("a chunk size over the body limit is refused before the chunk arrives") {
    std::vector<Message> messages;
    for (const std::string& size : {"ffffffffffffffff"s, "7fffffffffffffff"s, "8000000000000000"s,
                                    "fffffffffffffffe"s, "80000000"s, "ffffffff"s})
        messages.push_back(
            {"signed and unsigned, 32 bits and 64", chunked(size + "\r\n1\r\n0\r\n\r\n"), 413});
    Target().refuses(messages);
}

TEST_CASE("lines of chunks must end with CR LF") {
    const Message messages[] = {
        {"a bare LF after the size", chunked("1\n1\r\n0\r\n\r\n")},
        {"a bare CR after the size", chunked("1\r1\r\n0\r\n\r\n")},
        {"CR CR LF after the size", chunked("1\r\r\n1\r\n0\r\n\r\n")},
        {"LF CR after the size", chunked("1\n\r1\r\n0\r\n\r\n")},
        {"a bare LF after the data", chunked("1\r\n1\n0\r\n\r\n")},
        {"a bare CR after the data", chunked("1\r\n1\r0\r\n\r\n")},
        {"two other bytes after the data", chunked("1\r\n1xx0\r\n\r\n")},
        {"nothing after the data", chunked("1\r\n10\r\n\r\n")},
        {"more data than announced", chunked("1\r\n12\r\n0\r\n\r\n")},
        {"less data than announced", chunked("3\r\n1\r\n0\r\n\r\n")},
        {"a blank line before a size", chunked("\r\n1\r\n1\r\n0\r\n\r\n")},
        {"a bare LF after the last size", chunked("1\r\n1\r\n0\n\r\n")},
        {"bare LFs all over", chunked("1\n1\n0\n\n")},
        {"a bare LF at the end", chunked("1\r\n1\r\n0\r\n\n")},
        {"a NUL at the end", chunked("1\r\n1\r\n0\r\n\0\r\n"s)},
    };
    Target().refuses(messages);
}

TEST_CASE("a chunk extension must not contain what other parsers take for a line end") {
    const Message messages[] = {
        {"TERM.EXT: a bare LF", chunked("1;\n1\r\n0\r\n\r\n")},
        {"a bare LF in a name", chunked("1;a\nb\r\n1\r\n0\r\n\r\n")},
        {"a bare LF in a value", chunked("1;a=b\n\r\n1\r\n0\r\n\r\n")},
        {"a bare LF in a quoted value", chunked("1;a=\"\n\"\r\n1\r\n0\r\n\r\n")},
        {"an escaped LF in a quoted value", chunked("1;a=\"\\\n\"\r\n1\r\n0\r\n\r\n")},
        {"a bare CR", chunked("1;a\rb\r\n1\r\n0\r\n\r\n")},
        {"a bare CR in a quoted value", chunked("1;a=\"\r\"\r\n1\r\n0\r\n\r\n")},
        {"CR LF in a quoted value", chunked("1;a=\"\r\n\"\r\n1\r\n0\r\n\r\n")},
        {"a NUL", chunked("1;a\0b\r\n1\r\n0\r\n\r\n"s)},
        {"a NUL in a quoted value", chunked("1;a=\"\0\"\r\n1\r\n0\r\n\r\n"s)},
        {"a control character in a quoted value", chunked("1;a=\"\x0b\"\r\n1\r\n0\r\n\r\n")},
        {"a quoted value that ends on another line", chunked("1;a=\"b\r\n1\r\n0\r\n\r\n\"\r\n")},
        {"a name that is no token", chunked("1;@\r\n1\r\n0\r\n\r\n")},
        {"no name", chunked("1;=b\r\n1\r\n0\r\n\r\n")},
        {"no semicolon", chunked("1 a=b\r\n1\r\n0\r\n\r\n")},
        {"a bare LF behind the last chunk", chunked("1\r\n1\r\n0;\n\r\n\r\n")},
        {"EXT.TERM: an extension for some parsers, the end for others",
         chunked("1\r\n1\r\n0;\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")},
    };
    Target().refuses(messages);
}

TEST_CASE("only trailers may follow the last chunk") {
    const Message messages[] = {
        {"a length", chunked("0\r\nContent-Length: 5\r\n\r\n")},
        {"an encoding", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")},
        {"a line without a colon", chunked("0\r\nX\r\n\r\n")},
        {"a space before the colon", chunked("0\r\nX : y\r\n\r\n")},
        {"a line that begins with a space", chunked("0\r\n X: y\r\n\r\n")},
        {"no name", chunked("0\r\n: y\r\n\r\n")},
        {"a NUL", chunked("0\r\nX: a\0b\r\n\r\n"s)},
        {"a bare LF", chunked("0\r\nX: y\n\r\n")},
        {"a bare LF between two", chunked("0\r\nX: y\nZ: 1\r\n\r\n")},
        {"a bare CR", chunked("0\r\nX: y\rZ: 1\r\n\r\n")},
        {"the next request instead of it", chunked("0\r\n")},
    };
    Target().refuses(messages);
}

TEST_CASE("a trailer does not change the message") {
    const Message messages[] = {
        {"any field", chunked("1\r\n1\r\n0\r\nX: y\r\n\r\n"), 200, "1"},
        {"a folded one, dropped as a whole", chunked("1\r\n1\r\n0\r\nX: y\r\n z\r\n\r\n"), 200,
         "1"},
        {"another Host", chunked("1\r\n1\r\n0\r\nHost: evil\r\n\r\n"), 200, "1"},
        {"the end of the connection", chunked("1\r\n1\r\n0\r\nConnection: close\r\n\r\n"), 200,
         "1"},
        {"several", chunked("1\r\n1\r\n0\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n"), 200, "1"},
    };
    Target().takes(messages);
}

TEST_CASE("chunks are joined in every form that the grammar allows") {
    const Message messages[] = {
        {"none", chunked("0\r\n\r\n"), 200, ""},
        {"zeros before a size", chunked("0001\r\n1\r\n000\r\n\r\n"), 200, "1"},
        {"letters of either case", chunked("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"), 200,
         "01234567890123456789a"},
        {"an extension", chunked("1;a\r\n1\r\n0\r\n\r\n"), 200, "1"},
        {"one with a value", chunked("1;a=b;c=d\r\n1\r\n0;e\r\n\r\n"), 200, "1"},
        {"one with a quoted value", chunked("1;a=\"b;c\\\"\"\r\n1\r\n0\r\n\r\n"), 200, "1"},
        {"data that looks like a chunk", chunked("c\r\n0\r\n\r\nGET / H\r\n0\r\n\r\n"), 200,
         "0\r\n\r\nGET / H"},
        {"data that holds a NUL", chunked("3\r\n\0\r\n\r\n0\r\n\r\n"s), 200, "\0\r\n"s},
    };
    Target().takes(messages);
}

TEST_CASE("overlong chunk extensions and trailers are refused") {
    const std::string much(1024 * 1024, 'x');
    const Message messages[] = {
        {"a size", chunked(std::string(much.size(), '0'))},
        {"an extension", chunked("1;" + much)},
        {"an extension's value", chunked("1;a=\"" + much)},
        {"the last chunk's extension", chunked("0;" + much)},
        {"a trailer", chunked("0\r\nX: " + much)},
    };
    Target target;
    for (const auto& message : messages) {
        CAPTURE(message.why);
        auto connection = target.connect();
        connection.send(message.bytes);
        CHECK(connection.receive().status == 431);
        CHECK(connection.closed_without_a_word());
    }
}
