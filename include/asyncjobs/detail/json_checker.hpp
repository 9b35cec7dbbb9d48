#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/string_view.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Handlers of Boost.JSON's parser, which calls one of their functions for each token. A handler
/// hides the functions of its base that it needs.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Ignores every token.
struct JsonEvents {
    using string_view = boost::json::string_view;
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t, error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(string_view, std::size_t, error_code&) { return true; }
    bool on_key(string_view, std::size_t, error_code&) { return true; }
    bool on_string_part(string_view, std::size_t, error_code&) { return true; }
    bool on_string(string_view, std::size_t, error_code&) { return true; }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
    bool on_double(double, string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }
};

/// Stops at U+0000, which is well-formed JSON, but which no store keeps.
struct JsonChecker : JsonEvents {
    const char* fault = nullptr; ///< the rule that the text breaks; nullptr: none of this handler's

    bool stop(const char* why, error_code& error) {
        fault = why;
        error = boost::json::error::syntax;
        return false;
    }

    bool check(string_view text, error_code& error) {
        return text.find('\0') == string_view::npos || stop("U+0000 is not allowed", error);
    }

    bool on_key_part(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_key(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_string_part(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_string(string_view text, std::size_t, error_code& e) { return check(text, e); }
};

/// Passes `text` to the parser, whose handler is a JsonChecker. Throws Error
/// (Errc::invalid_payload) that names the rule that the text breaks, and where.
template <typename Parser>
void run_json_parser(Parser& parser, std::string_view text, std::size_t max_depth) {
    if (text.size() > JsonText::max_size)
        throw Error(Errc::invalid_payload,
                    fmt::format("the JSON text is {} bytes long, but must be at most {}",
                                text.size(), JsonText::max_size));
    boost::system::error_code error;
    const auto parsed = parser.write_some(false, text.data(), text.size(), error);
    if (!error && parsed == text.size()) return;
    std::string why = "unexpected text after the value";
    if (error == boost::json::error::too_deep)
        why = fmt::format("nested deeper than {}", max_depth);
    else if (parser.handler().fault)
        why = parser.handler().fault;
    else if (error)
        why = error.message();
    throw Error(Errc::invalid_payload, fmt::format("invalid JSON at offset {}: {}", parsed, why));
}

inline boost::json::parse_options json_depth(std::size_t max_depth) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    return options;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
