#include "messages.hpp"

using namespace desync;

namespace {

const std::string one = "1\r\n1\r\n0\r\n\r\n";

/// A body that is empty if read in chunks, and `fields` that may hide the chunked coding.
std::string hidden(std::string_view fields) { return post(fields, one); }

} // namespace

TEST_CASE("Content-Length with chunked is refused in either order") {
    const Message messages[] = {
        {"CL.TE: who takes the length reads on into the next request",
         hidden("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n")},
        {"TE.CL: who takes the chunks stops before the length does",
         hidden("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")},
        {"the two agree, and still one of them is superfluous",
         hidden("Transfer-Encoding: chunked\r\nContent-Length: 11\r\n")},
        {"CL.0: a length of nothing",
         hidden("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")},
        {"a length before and one behind",
         hidden("Content-Length: 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n")},
        {"other letters", hidden("content-length: 6\r\nTRANSFER-ENCODING: CHUNKED\r\n")},
        {"an encoding that is unknown beside a length",
         post("Transfer-Encoding: x\r\nContent-Length: 1\r\n", "1")},
        {"an encoding that is empty beside a length",
         post("Transfer-Encoding:\r\nContent-Length: 1\r\n", "1")},
        {"one that changes nothing beside a length",
         post("Transfer-Encoding: identity\r\nContent-Length: 1\r\n", "1")},
        {"a length that is malformed beside chunks",
         hidden("Transfer-Encoding: chunked\r\nContent-Length: x\r\n")},
    };
    Target().refuses(messages);
}

TEST_CASE("TE.TE: a value other than exactly chunked is refused") {
    std::vector<Message> messages;
    for (const std::string& value : {
             "chunked,"s,
             ",chunked"s,
             "chunked,,"s,
             "chunked, chunked"s,
             "chunked,chunked"s,
             "gzip, chunked"s,
             "chunked, gzip"s,
             "identity"s,
             "identity, chunked"s,
             "chunked, identity"s,
             "chunked;"s,
             "chunked;x"s,
             "chunked; q=0"s,
             "chunked ;x=y"s,
             "chunked x"s,
             "x chunked"s,
             "chunk"s,
             "chunkedd"s,
             "xchunked"s,
             "chunked-x"s,
             "\"chunked\""s,
             "'chunked'"s,
             "[chunked]"s,
             "chunked:"s,
             "=chunked"s,
             "chunked\\"s,
             "c\\hunked"s,
             "%63hunked"s,
             "chun ked"s,
             "chun\tked"s,
             "deflate"s,
             ""s,
             " "s,
             "\t"s,
             "trailers"s,
             "br"s,
             "chunked\xa0"s,
             "\xa0"
             "chunked"s,
             "\xef\xbb\xbf"
             "chunked"s,
             "\xd1\x81hunked"s,
             "chu\xc5\x8b"
             "ked"s,
             "\x85"
             "chunked"s,
             "chunked\xff"s,
         }) {
        messages.push_back(
            {"a value that is like it", hidden("Transfer-Encoding: " + value + "\r\n")});
    }
    for (const char control : "\x01\x08\x0b\x0c\x0e\x1b\x1f\x7f"s + "\0"s) {
        messages.push_back({"a control character before it",
                            hidden("Transfer-Encoding: "s + control + "chunked\r\n")});
        messages.push_back({"a control character behind it",
                            hidden("Transfer-Encoding: chunked"s + control + "\r\n")});
        messages.push_back({"a control character within it",
                            hidden("Transfer-Encoding: chun"s + control + "ked\r\n")});
    }
    Target().refuses(messages);
}

TEST_CASE("TE.TE: malformed names that some parsers trim or fold are refused") {
    std::vector<Message> messages;
    for (const std::string& line : {
             "Transfer-Encoding : chunked"s,
             "Transfer-Encoding\t: chunked"s,
             " Transfer-Encoding: chunked"s,
             "\tTransfer-Encoding: chunked"s,
             "Transfer Encoding: chunked"s,
             "Transfer-Encoding chunked"s,
             "Transfer-Encoding"s,
             "Transfer-Encoding\x0b: chunked"s,
             "\x0bTransfer-Encoding: chunked"s,
             "Transfer-Encoding\0: chunked"s,
             "Transfer-\0Encoding: chunked"s,
             "Transfer-Encoding\r: chunked"s,
             "\rTransfer-Encoding: chunked"s,
             "Transfer-Encoding\x7f: chunked"s,
             "Transfer-Encoding\xa0: chunked"s,
             "\"Transfer-Encoding\": chunked"s,
             "(Transfer-Encoding): chunked"s,
             "Transfer\\-Encoding: chunked"s,
             "Transfer-Encoding;: chunked"s,
             "Transfer-Encoding=chunked"s,
             "Transfer/Encoding: chunked"s,
             ":Transfer-Encoding: chunked"s,
             "X: y\rTransfer-Encoding: chunked"s,
             "X: y\nTransfer-Encoding: chunked"s,
             "X: y\r\r\nTransfer-Encoding: chunked"s,
             "X: y\n\rTransfer-Encoding: chunked"s,
             "X: y\r\n Transfer-Encoding: chunked"s,
             "X:\r\n\tTransfer-Encoding: chunked"s,
             "Transfer-Encoding:\r\n chunked"s,
             "Transfer-Encoding:\n chunked"s,
             "Transfer-Encoding: chunked\r\n x"s,
             "Transfer-Encoding: chunked\n x"s,
             "Transfer-Encoding: x\r\n ,chunked"s,
         }) {
        messages.push_back({"a line that is like it", hidden(line + "\r\n")});
        messages.push_back({"the same beside a length that is right",
                            post("Content-Length: 1\r\n" + line + "\r\n", "1")});
    }
    Target().refuses(messages);
}

TEST_CASE("TE.TE: two Transfer-Encoding fields are refused even if they are equal") {
    std::vector<Message> messages;
    for (const std::string& second : {"chunked"s, "identity"s, "x"s, ""s, "cow"s, "Chunked"s}) {
        messages.push_back(
            {"the right one is first",
             hidden("Transfer-Encoding: chunked\r\nTransfer-Encoding: " + second + "\r\n")});
        messages.push_back({"the right one is last", hidden("Transfer-encoding: " + second +
                                                            "\r\nTransfer-Encoding: chunked\r\n")});
        messages.push_back({"another field between",
                            hidden("Transfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: " +
                                   second + "\r\n")});
    }
    Target().refuses(messages);
}

TEST_CASE("HTTP/1.0 with chunked is refused") {
    const std::string begin = "POST /v1/echo HTTP/1.0\r\nHost: localhost\r\n";
    const Message messages[] = {
        {"an old proxy forwards it unchanged", begin + "Transfer-Encoding: chunked\r\n\r\n" + one},
        {"also with keep-alive",
         begin + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + one},
        {"also beside a length",
         begin + "Content-Length: 11\r\nTransfer-Encoding: chunked\r\n\r\n" + one},
    };
    Target().refuses(messages);
}

TEST_CASE("similar field names are ignored") {
    const Message messages[] = {
        {"no dash", post("TransferEncoding: chunked\r\n"), 200},
        {"another dash", post("Transfer_Encoding: chunked\r\n"), 200},
        {"a prefix", post("X-Transfer-Encoding: chunked\r\n"), 200},
        {"a dash more", post("Transfer-Encoding-: chunked\r\n"), 200},
        {"TE lists what the client accepts", post("TE: chunked\r\n"), 200},
        {"Connection may name it, which changes nothing for the one that it is named to",
         hidden("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n"), 200, "1"},
        {"Trailer only announces", hidden("Trailer: X\r\nTransfer-Encoding: chunked\r\n"), 200,
         "1"},
        {"spaces and tabs around the value are none of it",
         hidden("Transfer-Encoding:\t  chunked \t\r\n"), 200, "1"},
        {"no space at all", hidden("Transfer-Encoding:chunked\r\n"), 200, "1"},
        {"letters of either case", hidden("tRANSFER-eNCODING: cHUNKED\r\n"), 200, "1"},
    };
    Target().takes(messages);
}
