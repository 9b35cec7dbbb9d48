#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace report_server {

/// One part of an `Accept-Language` header: `ar-EG;q=0.8`.
struct LanguageRange {
    std::string_view tag; ///< `ar-EG`, or `*` for every language
    int weight = 1000;    ///< in thousandths; 0 excludes
};

/// A client's preference for a language: by weight, then by its place in the header.
struct Preference {
    int weight = 0;           ///< in thousandths; 0: not acceptable, or not requested
    std::ptrdiff_t place = 0; ///< the later, the lower

    friend auto operator<=>(const Preference&, const Preference&) = default;
};

/// The well-formed parts of the header, as views into it. Thread-safety: a pure function.
std::vector<LanguageRange> parse_accept_language(std::string_view header);

/// Returns the preference for a language that is offered without a region, such as `ar`. A range
/// with a region also requests the language, as in the lookup of RFC 4647, but excludes only that
/// region; `*` counts for languages that no range names.
/// Thread-safety: a pure function.
Preference preference_for(std::string_view language, std::span<const LanguageRange> ranges);

} // namespace report_server
