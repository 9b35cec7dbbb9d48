#include "negotiation.hpp"

#include <string>

namespace asyncjobs::http {
namespace {

/// A media type or range and its parameters, cut at the semicolons outside of quotes.
struct Media {
    std::string_view name = {};
    std::string_view charset = {};
    bool excluded = false; ///< its weight is 0
};

std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        return text.substr(1, text.size() - 2);
    return text;
}

bool is_zero(std::string_view weight) noexcept {
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

Media parse_media(std::string_view text) noexcept {
    Media media;
    auto semicolon = text.find(';');
    media.name = trimmed(text.substr(0, semicolon));
    while (semicolon != std::string_view::npos) {
        text.remove_prefix(semicolon + 1);
        semicolon = text.find(';');
        const auto parameter = text.substr(0, semicolon);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = trimmed(parameter.substr(0, equals));
        const auto value = unquoted(trimmed(parameter.substr(equals + 1)));
        if (equals_ignoring_case(name, "q")) media.excluded = is_zero(value);
        if (equals_ignoring_case(name, "charset")) media.charset = value;
    }
    return media;
}

std::string_view opaque_tag(std::string_view etag) noexcept {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    return etag;
}

} // namespace

bool accepts_json(const Headers& request) {
    const std::string accept = request.joined("Accept");
    int best = 0; // how closely a range has named JSON so far; 0: there is none at all
    bool any = false;
    bool accepted = false;
    for_each_element(accept, [&](std::string_view element) {
        any = true;
        const Media media = parse_media(element);
        const int precision = equals_ignoring_case(media.name, "application/json") ? 3
                              : equals_ignoring_case(media.name, "application/*")  ? 2
                              : media.name == "*/*"                                ? 1
                                                                                   : 0;
        if (precision == 0 || precision < best) return;
        accepted = (precision == best && accepted) || !media.excluded;
        best = precision;
    });
    return !any || accepted;
}

bool is_json(const Headers& request) {
    const std::string* type = request.find("Content-Type");
    if (!type || request.count("Content-Type") > 1) return false;
    const Media media = parse_media(*type);
    const bool json = equals_ignoring_case(media.name, "application/json") ||
                      (media.name.size() > 5 && media.name.find('/') != std::string_view::npos &&
                       equals_ignoring_case(media.name.substr(media.name.size() - 5), "+json"));
    return json && (media.charset.empty() || equals_ignoring_case(media.charset, "utf-8") ||
                    equals_ignoring_case(media.charset, "us-ascii"));
}

bool has_current(const Headers& request, std::string_view etag) {
    const std::string list = request.joined("If-None-Match");
    if (trimmed(list) == "*") return true;
    bool found = false;
    for_each_element(list, [&](std::string_view candidate) {
        found = found || opaque_tag(candidate) == opaque_tag(etag);
    });
    return found;
}

Response unless_current(Response response, const Headers& request) {
    if (has_current(request, *response.headers.find("ETag"))) {
        response.status = 304;
        response.headers.remove("Content-Type");
    }
    return response;
}

} // namespace asyncjobs::http
