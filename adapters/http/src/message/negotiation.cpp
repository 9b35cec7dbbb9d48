#include "message/negotiation.hpp"

#include <asyncjobs/http/problem.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
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

/// Whether the client accepts the media type: false only if an Accept header excludes it.
bool accepts(const Headers& request, std::string_view type, std::string_view subtype) {
    const std::string exact = std::string(type) + '/' + std::string(subtype);
    const std::string range = std::string(type) + "/*";
    const std::string accept = request.joined("Accept");
    int best = 0; // precision of the closest range so far; 0: none matches
    bool any = false;
    bool accepted = false;
    for_each_element(accept, [&](std::string_view element) {
        any = true;
        const Media media = parse_media(element);
        const int precision = equals_ignoring_case(media.name, exact)   ? 3
                              : equals_ignoring_case(media.name, range) ? 2
                              : media.name == "*/*"                     ? 1
                                                                        : 0;
        if (precision == 0 || precision < best) return;
        accepted = (precision == best && accepted) || !media.excluded;
        best = precision;
    });
    return !any || accepted;
}

} // namespace

bool accepts_json(const Headers& request) { return accepts(request, "application", "json"); }

void check_accepts_json(const Headers& request) {
    if (!accepts_json(request))
        throw Problem(406, "not_acceptable", "the response is application/json");
}

bool is_encoded(const Headers& request) {
    bool encoded = false;
    for_each_element(request.joined("Content-Encoding"), [&](std::string_view coding) {
        encoded |= !equals_ignoring_case(coding, "identity");
    });
    return encoded;
}

bool accepts_events(const Headers& request) { return accepts(request, "text", "event-stream"); }

std::optional<std::chrono::seconds> preferred_wait(const Headers& request) {
    std::optional<std::string> text;
    for_each_element(request.joined("Prefer"), [&](std::string_view preference) {
        preference = trimmed(preference.substr(0, preference.find(';')));
        const auto equals = preference.find('=');
        const auto name = trimmed(preference.substr(0, equals));
        if (text || !equals_ignoring_case(name, "wait")) return;
        text = equals == preference.npos ? "" : unquoted(trimmed(preference.substr(equals + 1)));
    });
    if (!text) return std::nullopt;
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (text->empty() || end != text->data() + text->size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) seconds = std::numeric_limits<int>::max();
    return std::chrono::seconds{seconds};
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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
