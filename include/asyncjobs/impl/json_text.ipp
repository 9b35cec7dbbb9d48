#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse_options.hpp>
#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

/// Checks a parse without building anything; stops at a NUL character.
struct JsonChecker {
    using string_view = boost::json::string_view;
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool found_nul = false;

    bool check(string_view text, error_code& error) {
        found_nul = text.find('\0') != string_view::npos;
        if (found_nul) error = boost::json::error::syntax;
        return !found_nul;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t, error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_key(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_string_part(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_string(string_view text, std::size_t, error_code& e) { return check(text, e); }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
    bool on_double(double, string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }
};

} // namespace detail

ASYNCJOBS_INLINE JsonText JsonText::parse(std::string text) {
    if (text.size() > max_size)
        throw Error(Errc::invalid_payload,
                    fmt::format("the JSON text is {} bytes long, but must be at most {}",
                                text.size(), max_size));
    boost::json::parse_options options;
    options.max_depth = max_depth;
    boost::json::basic_parser<detail::JsonChecker> parser(options);
    boost::system::error_code error;
    const auto parsed = parser.write_some(false, text.data(), text.size(), error);
    if (parser.handler().found_nul)
        throw Error(Errc::invalid_payload, "the JSON text contains U+0000, which no store keeps");
    if (error == boost::json::error::too_deep)
        throw Error(Errc::invalid_payload,
                    fmt::format("the JSON text is nested deeper than {}", max_depth));
    if (error || parsed < text.size())
        throw Error(Errc::invalid_payload,
                    fmt::format("invalid JSON at offset {}: {}", parsed,
                                error ? error.message() : "unexpected text after the value"));
    return JsonText(std::move(text));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
