#include "framing.hpp"

#include <algorithm>
#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {
namespace {

using http::equals_ignoring_case;
using http::trimmed;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether `text` consists of the characters of a host name or an IPv4 address: unreserved,
/// sub-delims and escapes.
bool is_reg_name(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            i += 2;
        } else if (!is_letter(c) && !is_digit(c) &&
                   std::string_view("-._~!$&'()*+;=").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return !text.empty();
}

/// Whether `text` is host [":" port], without a list or user information.
bool is_host(std::string_view text) noexcept {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const auto inside = text.substr(1, close - 1);
        if (!std::ranges::all_of(inside,
                                 [](char c) { return is_hex(c) || c == ':' || c == '.'; }) ||
            inside.find(':') == std::string_view::npos)
            return false;
        port = text.substr(close + 1);
    } else {
        const auto colon = text.find(':');
        if (!is_reg_name(text.substr(0, colon))) return false;
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (port.empty()) return true;
    return port.front() == ':' && port.size() <= 6 && std::ranges::all_of(port.substr(1), is_digit);
}

/// Reads one head; every member sets the fault and returns false if it finds one.
class Reader {
public:
    Reader(std::string_view text, const HeadLimits& limits) noexcept
        : rest_(text), limits_(limits) {}

    bool read() {
        std::string_view line;
        if (!next_line(line) || !request_line(line)) return false;
        while (next_line(line)) {
            if (line.empty())
                return rest_.empty() ? interpret(head, fault) : refuse("data after the head");
            if (!field(line)) return false;
        }
        return fault.reason[0] != '\0' ? false : refuse("incomplete head");
    }

    Head head;
    FramingFault fault;

private:
    bool refuse(const char* reason, unsigned status = 400) noexcept {
        fault = {status, reason};
        return false;
    }

    bool next_line(std::string_view& line) noexcept {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos || end == 0 || rest_[end - 1] != '\r')
            return refuse("a line must end with CR LF");
        line = rest_.substr(0, end - 1);
        rest_.remove_prefix(end + 1);
        if (line.find('\r') != std::string_view::npos) return refuse("bare CR");
        if (line.find('\0') != std::string_view::npos) return refuse("the head contains a NUL");
        return true;
    }

    bool request_line(std::string_view line) {
        const auto first = line.find(' ');
        const auto last = line.rfind(' ');
        if (first == std::string_view::npos || first == last)
            return refuse("the request line must have three parts");
        const auto version = line.substr(last + 1);
        const auto target = line.substr(first + 1, last - first - 1);
        head.method = line.substr(0, first);
        if (!http::is_token(head.method)) return refuse("the method must be a token");
        if (target.size() > limits_.target) return refuse("the target is too long", 414);
        if (!std::ranges::all_of(target, [](unsigned char c) { return c > 0x20 && c < 0x7F; }))
            return refuse("the target contains characters that must be encoded");
        if (!this->version(version)) return false;
        head.target = target;
        return true;
    }

    bool version(std::string_view text) {
        if (text == "HTTP/1.1") return true;
        head.http_1_1 = false;
        head.keep_alive = false;
        if (text == "HTTP/1.0") return true;
        const bool shaped = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                            text[6] == '.' && is_digit(text[7]);
        return shaped ? refuse("unsupported HTTP version", 505)
                      : refuse("the request line has no HTTP version");
    }

    bool field(std::string_view line) {
        if (head.headers.size() == limits_.fields) return refuse("too many header fields", 431);
        if (line.front() == ' ' || line.front() == '\t') return refuse("a header field is folded");
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return refuse("a header field has no colon");
        const auto name = line.substr(0, colon);
        const auto value = trimmed(line.substr(colon + 1));
        if (!http::is_token(name)) return refuse("a header field's name must be a token");
        if (!http::is_field_value(value))
            return refuse("a header field contains a control character");
        head.headers.add(std::string(name), std::string(value));
        return true;
    }

    std::string_view rest_;
    const HeadLimits& limits_;
};

/// Checks the fields of a head, and derives from them what they mean; every member sets the fault
/// and returns false if it finds one.
class Interpreter {
public:
    Interpreter(Head& its_head, FramingFault& its_fault) noexcept
        : head(its_head), fault(its_fault) {}

    bool interpret() { return host() && target() && length() && connection() && expectation(); }

private:
    bool refuse(const char* reason, unsigned status = 400) noexcept {
        fault = {status, reason};
        return false;
    }

    bool host() {
        const auto count = head.headers.count("Host");
        if (count > 1) return refuse("more than one Host");
        if (count == 0) return head.http_1_1 ? refuse("missing Host") : true;
        return is_host(*head.headers.find("Host")) ? true : refuse("malformed Host");
    }

    /// Reduces an absolute target to origin form if its authority equals Host.
    bool target() {
        std::string& text = head.target;
        if (text.starts_with('/')) return true;
        if (text == "*") return head.method == "OPTIONS" ? true : refuse("malformed target");
        constexpr std::string_view scheme = "http://";
        constexpr std::string_view secure = "https://";
        std::string_view rest = text;
        if (equals_ignoring_case(rest.substr(0, scheme.size()), scheme))
            rest.remove_prefix(scheme.size());
        else if (equals_ignoring_case(rest.substr(0, secure.size()), secure))
            rest.remove_prefix(secure.size());
        else
            return refuse("malformed target");
        const auto end = std::min(rest.find_first_of("/?"), rest.size());
        const std::string* host = head.headers.find("Host");
        if (!host || !equals_ignoring_case(rest.substr(0, end), *host))
            return refuse("target and Host do not match");
        rest.remove_prefix(end);
        std::string origin(rest.starts_with('/') ? "" : "/");
        origin += rest;
        text = std::move(origin);
        return true;
    }

    bool length() {
        const auto encodings = head.headers.count("Transfer-Encoding");
        const auto lengths = head.headers.count("Content-Length");
        if (encodings > 0) {
            if (!head.http_1_1) return refuse("HTTP/1.0 does not allow Transfer-Encoding");
            if (lengths > 0)
                return refuse("Transfer-Encoding and Content-Length exclude each other");
            if (encodings > 1 ||
                !equals_ignoring_case(*head.headers.find("Transfer-Encoding"), "chunked"))
                return refuse("Transfer-Encoding must be exactly chunked");
            head.chunked = true;
            return true;
        }
        if (lengths == 0) return true;
        if (lengths > 1) return refuse("more than one Content-Length");
        const std::string& text = *head.headers.find("Content-Length");
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (text.empty() || error != std::errc() || end != text.data() + text.size())
            return refuse("Content-Length must be a number");
        head.content_length = number;
        return true;
    }

    bool connection() {
        bool closes = false;
        http::for_each_element(head.headers.joined("Connection"), [&](std::string_view option) {
            if (equals_ignoring_case(option, "close")) closes = true;
            if (equals_ignoring_case(option, "keep-alive")) head.keep_alive = true;
        });
        if (closes) head.keep_alive = false;
        return true;
    }

    bool expectation() {
        const std::string expect = head.headers.joined("Expect");
        if (expect.empty() || !head.http_1_1) return true;
        if (!equals_ignoring_case(expect, "100-continue"))
            return refuse("unsupported expectation", 417);
        head.expect_continue = true;
        return true;
    }

    Head& head;
    FramingFault& fault;
};

} // namespace

HeadEnd find_head_end(std::string_view data, std::size_t seen) noexcept {
    // The previous read may have split a line's end.
    for (std::size_t i = seen > 3 ? seen - 3 : 0; i < data.size(); ++i) {
        const char c = data[i];
        if (c == '\n' && (i == 0 || data[i - 1] != '\r')) return {.malformed = true};
        if (c == '\r' && i + 1 < data.size() && data[i + 1] != '\n') return {.malformed = true};
        if (c == '\n' && i >= 3 && data[i - 2] == '\n' && data[i - 3] == '\r')
            return {.length = i + 1};
    }
    return {};
}

bool interpret(Head& head, FramingFault& fault) { return Interpreter(head, fault).interpret(); }

std::optional<Head> read_head(std::string_view text, const HeadLimits& limits,
                              FramingFault& fault) {
    Reader reader(text, limits);
    if (reader.read()) return std::move(reader.head);
    fault = reader.fault;
    return std::nullopt;
}

FramingFault oversized_head(std::string_view begin, const HeadLimits& limits) noexcept {
    const auto line = begin.substr(0, begin.find('\r'));
    const auto first = line.find(' ');
    const auto target = first == std::string_view::npos ? 0 : line.size() - first;
    if (line.size() == begin.size() || target > limits.target)
        return {414, "the target is too long"};
    return {431, "the head is too large"};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
