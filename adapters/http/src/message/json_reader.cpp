#include <asyncjobs/http/json_reader.hpp>

#include "message/negotiation.hpp"

#include <asyncjobs/detail/scattered_memory.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

/// Checks a parse without building a tree: stops at a duplicate key and at U+0000, which a tree
/// does not show.
struct Checker {
    using string_view = boost::json::string_view;
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    std::vector<std::set<std::string>> objects =
        {}; ///< their keys; ordered, since a hash table can be flooded
    std::string key = {};
    const char* fault = nullptr;

    bool stop(const char* why, error_code& error) {
        fault = why;
        error = boost::json::error::syntax;
        return false;
    }

    bool check(string_view text, error_code& error) {
        return text.find('\0') == string_view::npos || stop("U+0000 is not allowed", error);
    }

    bool on_object_begin(error_code&) {
        objects.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, error_code&) {
        objects.pop_back();
        return true;
    }
    bool on_key_part(string_view text, std::size_t, error_code& error) {
        key.append(text.data(), text.size());
        return check(text, error);
    }
    bool on_key(string_view text, std::size_t, error_code& error) {
        key.append(text.data(), text.size());
        const bool first = objects.back().insert(std::move(key)).second;
        key.clear();
        if (!first) return stop("an object has a duplicate key", error);
        return check(text, error);
    }
    bool on_string_part(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_string(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
    bool on_double(double, string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }
};

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Steps through well-formed JSON text.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : text_(text) {}

    char peek() noexcept {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    void skip() noexcept { ++at_; }

    /// The string's text between its quotes, with escapes as they stand.
    std::string_view string() noexcept {
        const auto begin = ++at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        return text_.substr(begin, at_++ - begin);
    }

    std::string_view value() noexcept {
        peek();
        const auto begin = at_;
        std::size_t depth = 0;
        do {
            const char c = peek();
            if (c == '\0') break;
            if (c == '"') {
                string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            if (c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':')
                skip();
            else
                scalar();
        } while (depth > 0);
        return text_.substr(begin, at_ - begin);
    }

private:
    void scalar() noexcept {
        while (at_ < text_.size() && !is_blank(text_[at_]) &&
               std::string_view(",:]}").find(text_[at_]) == std::string_view::npos)
            ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

boost::json::value read_json(std::string_view text, std::size_t depth_limit) {
    boost::json::parse_options options;
    options.max_depth = depth_limit;
    boost::json::basic_parser<Checker> parser(options);
    boost::system::error_code error;
    const auto parsed = parser.write_some(false, text.data(), text.size(), error);
    if (!error && parsed == text.size())
        return boost::json::parse({text.data(), text.size()}, asyncjobs::detail::scattered_memory(),
                                  options);

    std::string why = "unexpected text after the value";
    if (error == boost::json::error::too_deep)
        why = "nested deeper than " + std::to_string(depth_limit);
    else if (parser.handler().fault)
        why = parser.handler().fault;
    else if (error)
        why = error.message();
    throw Problem(400, "invalid_json",
                  "invalid JSON at offset " + std::to_string(parsed) + ": " + why);
}

boost::json::value read_json(const Request& request, std::size_t depth_limit) {
    check_accepts_json(request.headers);
    if (!is_json(request.headers))
        throw Problem(415, "unsupported_media_type", "the body must be application/json")
            .with_header("Accept", "application/json");
    if (is_encoded(request.headers))
        throw Problem(415, "unsupported_encoding", "the body must not be encoded")
            .with_header("Accept-Encoding", "identity");
    return read_json(request.body, depth_limit);
}

Problem invalid_input(const json::Mismatches& errors) {
    const bool has_more = errors.size() > json::most_mismatches;
    return Problem(422, "invalid_input",
                   has_more ? "the document breaks rules; errors lists the first of them"
                            : "the document breaks rules; see errors")
        .with_errors(errors);
}

json::Mismatches detail::missing_members(const boost::json::value& document,
                                         const std::vector<std::string>& required) {
    json::Mismatches missing;
    const auto* object = document.if_object();
    if (!object) return missing;
    for (const auto& name : required) {
        if (object->contains(name)) continue;
        missing.push_back({"", "is required"});
        json::detail::append_token(missing.back().pointer, name);
    }
    return missing;
}

std::string_view member_text(std::string_view document, std::string_view name) noexcept {
    Scanner scanner(document);
    if (scanner.peek() != '{') return {};
    scanner.skip();
    while (scanner.peek() == '"') {
        const auto key = scanner.string();
        scanner.peek();
        scanner.skip();
        const auto value = scanner.value();
        if (key == name) return value;
        if (scanner.peek() == ',') scanner.skip();
    }
    return {};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
