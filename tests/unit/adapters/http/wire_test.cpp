#include <asyncjobs/http/wire.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <sstream>
#include <vector>

using namespace asyncjobs;
using namespace asyncjobs::http;

namespace {

class Pieces final : public BodyStream {
public:
    explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}

    void next(Deliver deliver) override {
        if (pieces_.empty()) return deliver(std::nullopt);
        auto piece = std::move(pieces_.front());
        pieces_.pop_front();
        deliver(std::move(piece));
    }

private:
    std::deque<std::string> pieces_;
};

std::vector<std::string> rest_of(const WireMessage& message) {
    std::vector<std::string> pieces;
    for (bool more = true; more;)
        message.rest->next([&](std::optional<std::string> piece) {
            more = piece.has_value();
            if (piece) pieces.push_back(*std::move(piece));
        });
    return pieces;
}

bool has_line(const std::string& head, const std::string& line) {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

Response stream_of(std::deque<std::string> pieces) {
    return {.body = std::make_shared<Pieces>(std::move(pieces))};
}

TEST_CASE("a string is sent with its head, and the connection persists") {
    const Response response{.headers = {{"Content-Length", "5"}}, .body = "hello"};
    const auto message = to_wire(response, true, true);
    CHECK(message.start.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(message.start.ends_with("Content-Length: 5\r\n\r\nhello"));
    CHECK(message.start.find("Connection:") == std::string::npos);
    CHECK(message.rest == nullptr);
    CHECK(message.keep_alive);
}

TEST_CASE("the head states whether the connection persists") {
    CHECK(has_line(to_wire({}, true, false).start, "Connection: close"));
    CHECK_FALSE(to_wire({}, true, false).keep_alive);
    const Response empty{.headers = {{"Content-Length", "0"}}};
    CHECK(has_line(to_wire(empty, false, true).start, "Connection: keep-alive"));
    CHECK(to_wire(Response{.status = 204}, true, true).keep_alive);
}

TEST_CASE("a response without a length closes its connection") {
    CHECK(has_line(to_wire(Response{.status = 503}, true, true).start, "Connection: close"));
    CHECK_FALSE(to_wire(Response{.status = 503}, true, true).keep_alive);
}

TEST_CASE("a stream is sent in chunks with an empty last one, and the connection closes") {
    const auto message = to_wire(stream_of({"one", "0123456789abcdef"}), true, true);
    CHECK(has_line(message.start, "Transfer-Encoding: chunked"));
    CHECK(has_line(message.start, "Connection: close"));
    CHECK_FALSE(message.keep_alive);
    CHECK(rest_of(message) ==
          std::vector<std::string>{"3\r\none\r\n", "10\r\n0123456789abcdef\r\n", "0\r\n\r\n"});
}

TEST_CASE("a stream that can't be completed ends without a last chunk") {
    struct Broken final : BodyStream {
        void next(Deliver deliver) override {
            if (sent++) throw std::runtime_error("the store is away");
            deliver("one");
        }
        int sent = 0;
    };
    const auto message = to_wire({.body = std::make_shared<Broken>()}, true, true);
    CHECK(rest_of(message) == std::vector<std::string>{"3\r\none\r\n"});
    CHECK_FALSE(message.keep_alive);
}

TEST_CASE("a stream may be destroyed before its next piece is delivered") {
    struct Waiting final : BodyStream {
        explicit Waiting(Deliver& where) : kept(where) {}
        void next(Deliver deliver) override { kept = std::move(deliver); }
        Deliver& kept;
    };
    BodyStream::Deliver on_its_way;
    auto message = to_wire({.body = std::make_shared<Waiting>(on_its_way)}, true, true);
    std::string come;
    message.rest->next([&](std::optional<std::string> piece) { come = piece.value(); });
    message.rest.reset();
    on_its_way("late");
    CHECK(come == "4\r\nlate\r\n");
}

TEST_CASE("an HTTP/1.0 client gets a stream unframed") {
    const auto message = to_wire(stream_of({"one", "two"}), false, true);
    CHECK(message.start.find("Transfer-Encoding") == std::string::npos);
    CHECK_FALSE(message.keep_alive);
    CHECK(rest_of(message) == std::vector<std::string>{"one", "two"});
}

WireMessage file_message(const std::string& bytes, std::uint64_t length) {
    return to_wire({.headers = {{"Content-Length", std::to_string(length)}},
                    .body = FileBody{std::make_shared<std::istringstream>(bytes), length}},
                   true, true);
}

TEST_CASE("a file is sent with its length, and the connection closes") {
    const auto sent = file_message("0123456789", 5);
    CHECK(has_line(sent.start, "Content-Length: 5"));
    CHECK(sent.start.find("Transfer-Encoding") == std::string::npos);
    CHECK_FALSE(sent.keep_alive);
    CHECK(rest_of(sent) == std::vector<std::string>{"01234"});
}

TEST_CASE("a truncated file breaks its response off") {
    const auto sent = file_message(std::string(100'000, 'x'), 190'000);
    std::size_t pieces = 0;
    for (const auto& piece : rest_of(sent)) {
        CHECK(piece.size() == 64 * 1024);
        ++pieces;
    }
    CHECK(pieces == 1);
}

} // namespace
