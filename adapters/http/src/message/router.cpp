#include "message/router.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>

#include <algorithm>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

bool is_named(std::string_view segment) noexcept {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto slash = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, slash));
        path.remove_prefix(slash);
    }
    return segments;
}

[[noreturn]] void refuse(const Route& route, std::string_view rule) {
    throw Error(Errc::invalid_argument,
                "route \"" + asyncjobs::detail::printable(route.method + ' ' + route.path) + "\" " +
                    std::string(rule));
}

/// Whether `segments` match `pattern`.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
    return std::ranges::equal(pattern, segments, [](const auto& wanted, const auto& segment) {
        return is_named(wanted) ? !segment.empty() : wanted == segment;
    });
}

/// Whether `a` is literal at the first segment where only one of them is.
bool closer(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::ranges::lexicographical_compare(a, b, {}, is_named, is_named);
}

} // namespace

void Router::add(Route route) {
    if (!is_token(route.method) || route.method == "HEAD" || route.method == "OPTIONS")
        refuse(route, "must have a method other than HEAD and OPTIONS");
    if (!route.path.starts_with('/')) refuse(route, "must have a path that starts with /");
    if (!route.handler) refuse(route, "must have a handler");
    auto segments = split(route.path);
    for (const auto& entry : entries_)
        if (entry.route.method == route.method && entry.segments == segments)
            refuse(route, "is already declared");
    entries_.push_back({std::move(route), std::move(segments)});
}

Router::Match Router::find(std::string_view method,
                           const std::vector<std::string>& segments) const {
    Match match;
    const Entry* best = nullptr;
    for (const auto& entry : entries_) {
        if (!matches(entry.segments, segments)) continue;
        match.methods.push_back(entry.route.method);
        if (entry.route.method == method && (!best || closer(entry.segments, best->segments)))
            best = &entry;
    }
    if (!best) return match;
    match.route = &best->route;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::string& wanted = best->segments[i];
        if (is_named(wanted))
            match.parameters.add(wanted.substr(1, wanted.size() - 2), segments[i]);
    }
    return match;
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    for (const auto& entry : entries_) all.push_back(&entry.route);
    return all;
}

std::vector<std::string> Router::methods() const {
    std::vector<std::string> all;
    for (const auto& entry : entries_) all.push_back(entry.route.method);
    return all;
}

std::string allow_list(const std::vector<std::string>& methods) {
    std::set<std::string_view> names(methods.begin(), methods.end());
    if (names.contains("GET")) names.insert("HEAD");
    names.insert("OPTIONS");
    std::string list;
    for (const auto name : names) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return list;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
