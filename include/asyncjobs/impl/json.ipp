#pragma once

#include <asyncjobs/detail/json_checker.hpp>
#include <asyncjobs/detail/scattered_memory.hpp>
#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

ASYNCJOBS_INLINE boost::json::value to_value(const JsonText& text) {
    return boost::json::parse(text.text(), asyncjobs::detail::scattered_memory(),
                              asyncjobs::detail::json_depth(JsonText::max_depth));
}

namespace detail {

ASYNCJOBS_INLINE void append_token(std::string& pointer, std::string_view token) {
    pointer += '/';
    for (const char c : token) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
}

ASYNCJOBS_INLINE void add_mismatch(Mismatches& mismatches, std::string_view pointer,
                                   std::string detail) {
    if (mismatches.size() > most_mismatches) return;
    if (pointer.size() > longest_pointer) {
        pointer = pointer.substr(0, pointer.rfind('/', longest_pointer));
        constexpr std::string_view below = "below here: ";
        if (!detail.starts_with(below)) detail.insert(0, below);
    }
    mismatches.push_back({std::string(pointer), std::move(detail)});
}

ASYNCJOBS_INLINE void add_rule(std::string& rules, std::string_view pointer,
                               std::string_view detail) {
    constexpr std::size_t longest = 1000;
    constexpr std::string_view more = ", or ...";
    if (rules.ends_with(more)) return;
    const bool is_too_long = rules.size() + pointer.size() + detail.size() > longest;
    if (is_too_long && !rules.empty()) {
        rules += more;
        return;
    }
    if (!rules.empty()) rules += ", or ";
    if (!pointer.empty() && !is_too_long) rules.append(pointer).append(": ");
    rules += detail;
}

ASYNCJOBS_INLINE Step::Step(Reading& reading, std::string_view token)
    : reading_(reading), length_(reading.pointer.size()) {
    append_token(reading_.pointer, token);
}

ASYNCJOBS_INLINE void read_bool(Reading& in, const boost::json::value& value, bool& out) {
    if (value.is_bool())
        out = value.get_bool();
    else
        in.expected("true or false");
}

ASYNCJOBS_INLINE void read_string(Reading& in, const boost::json::value& value, std::string& out) {
    if (value.is_string())
        out = value.get_string();
    else
        in.expected("a string");
}

ASYNCJOBS_INLINE void read_double(Reading& in, const boost::json::value& value, double& out) {
    if (value.is_number())
        out = value.to_number<double>();
    else
        in.expected("a number");
}

ASYNCJOBS_INLINE void read_timestamp(Reading& in, const boost::json::value& value, Timestamp& out) {
    const auto time = value.is_string()
                          ? parse_rfc3339({value.get_string().data(), value.get_string().size()})
                          : std::nullopt;
    if (time)
        out = *time;
    else
        in.expected("a date and time as in \"2025-01-08T12:00:00Z\"");
}

ASYNCJOBS_INLINE void refuse_unknown(Reading& in, const boost::json::object& object,
                                     const std::vector<std::string_view>& known) {
    for (const auto& member : object) {
        if (in.is_full()) return;
        const std::string_view name(member.key().data(), member.key().size());
        if (std::ranges::find(known, name) != known.end()) continue;
        const Step step(in, name);
        in.found("is unknown here");
    }
}

ASYNCJOBS_INLINE JsonText to_text(const boost::json::value& value) {
    return JsonText::parse(boost::json::serialize(value));
}

ASYNCJOBS_INLINE void throw_mismatches(const Mismatches& mismatches) {
    std::string message;
    for (const auto& [pointer, detail] : mismatches) {
        if (!message.empty()) message += "; ";
        message += asyncjobs::detail::printable(pointer.empty() ? "the document" : pointer) + ": " +
                   detail;
    }
    throw Error(Errc::invalid_payload, message);
}

} // namespace detail
} // namespace asyncjobs::inline ASYNCJOBS_ABI::json
