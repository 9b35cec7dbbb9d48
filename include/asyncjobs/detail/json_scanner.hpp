#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/parse.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Steps through a JSON text that has been checked.
class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) noexcept : text_(text) {}

    char peek() noexcept {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    void skip() noexcept { ++at_; }

    /// The string's text with its quotes and escapes.
    std::string_view string() noexcept {
        const auto begin = at_++;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        ++at_;
        return text_.substr(begin, at_ - begin);
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
            if (is_punctuation(c) || c == '{' || c == '[')
                skip();
            else
                scalar();
        } while (depth > 0);
        return text_.substr(begin, at_ - begin);
    }

private:
    static bool is_blank(char c) noexcept {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }
    /// Whether `c` follows a value.
    static bool is_punctuation(char c) noexcept {
        return c == ',' || c == ':' || c == ']' || c == '}';
    }
    void scalar() noexcept {
        while (at_ < text_.size() && !is_blank(text_[at_]) && !is_punctuation(text_[at_])) ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Whether the text of a JSON string stands for `value`.
inline bool stands_for(std::string_view string, std::string_view value) {
    if (string.find('\\') == string.npos) return string.substr(1, string.size() - 2) == value;
    const auto parsed = boost::json::parse({string.data(), string.size()});
    return std::string_view(parsed.get_string()) == value;
}

/// The text of a member of `document`, an object that has been checked; empty if none has that
/// name.
inline std::string_view member_text(std::string_view document, std::string_view name) {
    JsonScanner scanner(document);
    if (scanner.peek() != '{') return {};
    scanner.skip();
    while (scanner.peek() == '"') {
        const auto key = scanner.string();
        scanner.peek();
        scanner.skip();
        const auto value = scanner.value();
        if (stands_for(key, name)) return value;
        if (scanner.peek() == ',') scanner.skip();
    }
    return {};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
