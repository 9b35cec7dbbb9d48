#include "message/target.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/problem.hpp>

#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

namespace urls = boost::urls;

Problem invalid_target(std::string detail) { return {400, "invalid_target", std::move(detail)}; }

void check_text(std::string_view text) {
    while (!text.empty()) {
        const auto length = asyncjobs::detail::utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0) throw invalid_target("the decoded target is not valid UTF-8");
        if (first < 0x20 || first == 0x7F)
            throw invalid_target("the target contains a control character");
        text.remove_prefix(length);
    }
}

std::string decode(urls::pct_string_view encoded, bool plus_is_space) {
    urls::encoding_opts options;
    options.space_as_plus = plus_is_space;
    std::string text = encoded.decode(options);
    check_text(text);
    return text;
}

/// Whether a path needs no decoding, and has no empty segment and no query.
bool is_plain_path(std::string_view text) noexcept {
    char before = 0;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '/') return false;
        if (c == '/' && before == '/') return false;
        before = c;
    }
    return text.size() > 1 && text.front() == '/' && before != '/';
}

Target plain_target(std::string_view path) {
    Target target;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        target.segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return target;
}

} // namespace

bool Principal::has_role(std::string_view role) const noexcept {
    return std::ranges::find(roles, role) != roles.end();
}

const std::string* Parameters::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : values_)
        if (key == name) return &value;
    return nullptr;
}

const std::string* Parameters::single(std::string_view name) const {
    const auto is_it = [&](const auto& entry) { return entry.first == name; };
    if (std::ranges::count_if(values_, is_it) > 1)
        throw Problem(400, "invalid_parameter",
                      "the parameter " + std::string(name) + " is given more than once");
    return find(name);
}

Target parse_target(std::string_view text) {
    if (is_plain_path(text)) return plain_target(text); // nearly all are
    const auto url = urls::parse_origin_form({text.data(), text.size()});
    if (!url) throw invalid_target("malformed target");
    Target target;
    for (const auto segment : url->encoded_segments()) {
        target.segments.push_back(decode(segment, false));
        if (target.segments.back() == "." || target.segments.back() == "..")
            throw invalid_target("the target contains a dot segment");
    }
    for (const auto& parameter : url->encoded_params())
        target.query.add(decode(parameter.key, true), decode(parameter.value, true));
    return target;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
