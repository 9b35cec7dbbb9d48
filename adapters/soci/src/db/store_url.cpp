#include "db/store_url.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Also accepts the schemes of the databases' own tools.
std::string_view canonical_scheme(std::string_view scheme) {
    if (scheme == "postgres") return "postgresql";
    if (scheme == "mariadb") return "mysql";
    if (scheme == "sqlite3") return "sqlite";
    return scheme;
}

} // namespace

StoreUrl parse_store_url(std::string_view url) {
    const auto colon = url.find(':');
    if (colon == url.npos)
        throw Error(
            Errc::invalid_argument,
            fmt::format("the store URL \"{}\" has no scheme; use sqlite:PATH or memory:", url));
    StoreUrl parts;
    parts.scheme = canonical_scheme(url.substr(0, colon));
    const std::string_view rest = url.substr(colon + 1);
    const auto question = rest.find('?');
    parts.target = rest.substr(0, question);
    if (question == rest.npos) return parts;

    std::string_view query = rest.substr(question + 1);
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        const auto equals = parameter.find('=');
        if (equals == parameter.npos || equals == 0)
            throw Error(
                Errc::invalid_argument,
                fmt::format("the store URL's parameter \"{}\" is not of the form name=value",
                            parameter));
        parts.parameters[std::string(parameter.substr(0, equals))] = parameter.substr(equals + 1);
        query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    }
    return parts;
}

std::string parameter_of(const StoreUrl& url, const std::string& name) {
    const auto given = url.parameters.find(name);
    return given == url.parameters.end() ? std::string() : given->second;
}

void allow_parameters(const StoreUrl& url, std::initializer_list<std::string_view> allowed) {
    for (const auto& [name, value] : url.parameters)
        if (std::ranges::find(allowed, name) == allowed.end())
            throw Error(
                Errc::invalid_argument,
                fmt::format("the store URL has a parameter {}, but {}: allows {}", name, url.scheme,
                            allowed.size() == 0 ? "none"
                                                : fmt::format("{}", fmt::join(allowed, ", "))));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
