#pragma once

#include <asyncjobs/detail/exact_json.hpp>
#include <asyncjobs/detail/json_checker.hpp>
#include <asyncjobs/detail/scattered_memory.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <boost/system/system_error.hpp>

#include <charconv>
#include <cstdint>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Builds the return value of parse_exact().
class ExactJsonHandler : public JsonEvents {
public:
    boost::json::value release() { return stack_.release(); }

    bool on_document_begin(error_code&) {
        stack_.reset(scattered_memory());
        return true;
    }
    bool on_object_end(std::size_t size, error_code&) {
        stack_.push_object(size);
        return true;
    }
    bool on_array_end(std::size_t size, error_code&) {
        stack_.push_array(size);
        return true;
    }
    bool on_key_part(string_view part, std::size_t, error_code&) { return add(part); }
    bool on_key(string_view part, std::size_t, error_code&) {
        stack_.push_key(std::exchange(text_, {}) + std::string(part));
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) { return add(part); }
    bool on_string(string_view part, std::size_t, error_code&) {
        stack_.push_string('=' + std::exchange(text_, {}) + std::string(part));
        return true;
    }
    bool on_number_part(string_view part, error_code&) { return add(part); }
    bool on_int64(std::int64_t, string_view part, error_code&) { return add_number(part); }
    bool on_uint64(std::uint64_t, string_view part, error_code&) { return add_number(part); }
    bool on_double(double, string_view part, error_code&) { return add_number(part); }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }

private:
    bool add(string_view part) {
        text_ += part;
        return true;
    }

    bool add_number(string_view part) {
        stack_.push_string('#' + canonical_number(std::exchange(text_, {}) + std::string(part)));
        return true;
    }

    boost::json::value_stack stack_;
    std::string text_; ///< of the token so far
};

ASYNCJOBS_INLINE std::string canonical_number(std::string_view text) {
    const std::string_view sign = text.substr(0, text.starts_with('-') ? 1 : 0);
    text.remove_prefix(sign.size());

    std::int64_t exponent = 0; // a JsonText has no exponent of more than 32 bits
    if (const auto e = text.find_first_of("eE"); e != text.npos) {
        std::string_view digits = text.substr(e + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        text = text.substr(0, e);
    }
    std::string digits(text);
    if (const auto point = digits.find('.'); point != digits.npos) {
        exponent -= static_cast<std::int64_t>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return "0";
    const auto end = digits.find_last_not_of('0') + 1;
    exponent += static_cast<std::int64_t>(digits.size() - end);
    digits.resize(end);
    return std::string(sign) + digits + 'e' + std::to_string(exponent);
}

ASYNCJOBS_INLINE boost::json::value parse_exact(const JsonText& text) {
    boost::json::basic_parser<ExactJsonHandler> parser(json_depth(JsonText::max_depth));
    boost::system::error_code error;
    parser.write_some(false, text.text().data(), text.text().size(), error);
    if (error) throw boost::system::system_error(error);
    return parser.handler().release();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
