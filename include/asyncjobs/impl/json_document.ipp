#pragma once

#include <asyncjobs/detail/json_checker.hpp>
#include <asyncjobs/detail/json_document.hpp>
#include <asyncjobs/detail/json_scanner.hpp>
#include <asyncjobs/detail/object_keys.hpp>
#include <asyncjobs/detail/scattered_memory.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Builds the tree, and stops at a duplicate key, which a tree does not show.
class JsonTreeBuilder : public JsonChecker {
public:
    boost::json::value release() { return stack_.release(); }

    bool on_document_begin(error_code&) {
        stack_.reset(scattered_memory());
        return true;
    }
    bool on_object_begin(error_code&) {
        keys_.begin_object();
        return true;
    }
    bool on_object_end(std::size_t size, error_code&) {
        keys_.end_object();
        stack_.push_object(size);
        return true;
    }
    bool on_array_end(std::size_t size, error_code&) {
        stack_.push_array(size);
        return true;
    }
    bool on_key_part(string_view text, std::size_t, error_code& error) {
        if (!check(text, error)) return false;
        keys_.add_part(text);
        stack_.push_chars(text);
        return true;
    }
    bool on_key(string_view text, std::size_t, error_code& error) {
        if (!check(text, error)) return false;
        keys_.add_part(text);
        if (!keys_.end_key()) return stop("an object has a duplicate key", error);
        stack_.push_key(text);
        return true;
    }
    bool on_string_part(string_view text, std::size_t, error_code& error) {
        if (!check(text, error)) return false;
        stack_.push_chars(text);
        return true;
    }
    bool on_string(string_view text, std::size_t, error_code& error) {
        if (!check(text, error)) return false;
        stack_.push_string(text);
        return true;
    }
    bool on_int64(std::int64_t value, string_view, error_code&) {
        stack_.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, string_view, error_code&) {
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double value, string_view, error_code&) {
        stack_.push_double(value);
        return true;
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }

private:
    boost::json::value_stack stack_;
    ObjectKeys keys_;
};

ASYNCJOBS_INLINE JsonDocument JsonDocument::parse(std::string_view text, std::size_t max_depth) {
    max_depth = std::min(max_depth, JsonText::max_depth);
    boost::json::basic_parser<JsonTreeBuilder> parser(json_depth(max_depth));
    run_json_parser(parser, text, max_depth);
    return {text, parser.handler().release()};
}

ASYNCJOBS_INLINE JsonDocument JsonDocument::member(std::string_view name) && {
    return {member_text(text_, name), std::move(tree_.as_object().at({name.data(), name.size()}))};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
