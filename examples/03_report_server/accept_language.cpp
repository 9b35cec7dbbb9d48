#include "accept_language.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <optional>

namespace report_server {
namespace {

bool is_alpha(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower(one) == lower(other); });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Takes the text before the separator off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
    const std::string_view taken = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(rest.size(), taken.size() + 1));
    return taken;
}

bool is_language_range(std::string_view text) {
    if (text == "*") return true;
    if (text.empty() || text.ends_with('-')) return false;
    for (bool is_primary = true; !text.empty(); is_primary = false) {
        const std::string_view subtag = take_until(text, '-');
        if (subtag.empty() || subtag.size() > 8) return false;
        for (const char character : subtag)
            if (!is_alpha(character) && (is_primary || !is_digit(character))) return false;
    }
    return true;
}

/// `0`, `1`, or one of them with a point and up to three decimals, but at most 1.
std::optional<int> parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = (text[0] - '0') * 1000;
    int place_value = 100;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!is_digit(digit)) return std::nullopt;
        weight += (digit - '0') * place_value;
        place_value /= 10;
    }
    if (weight > 1000) return std::nullopt;
    return weight;
}

std::optional<LanguageRange> parse_range(std::string_view part) {
    const std::string_view range = trimmed(take_until(part, ';'));
    if (!is_language_range(range)) return std::nullopt;
    const std::string_view parameter = trimmed(part);
    if (parameter.empty()) return LanguageRange{.tag = range, .weight = 1000};

    if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=')
        return std::nullopt;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    return LanguageRange{.tag = range, .weight = *weight};
}

} // namespace

std::vector<LanguageRange> parse_accept_language(std::string_view header) {
    std::vector<LanguageRange> ranges;
    while (!header.empty())
        if (const auto range = parse_range(take_until(header, ','))) ranges.push_back(*range);
    return ranges;
}

Preference preference_for(std::string_view language, std::span<const LanguageRange> ranges) {
    std::optional<Preference> named;
    Preference wildcard;
    for (std::ptrdiff_t index = 0; const auto& [range, weight] : ranges) {
        const Preference preference{.weight = weight, .place = --index};
        const std::string_view primary = range.substr(0, range.find('-'));
        if (equal_ignoring_case(range, language) && weight == 0) return {};
        if (range == "*")
            wildcard = std::max(wildcard, preference);
        else if (equal_ignoring_case(primary, language) && weight > 0)
            named = std::max(named.value_or(preference), preference);
    }
    return named.value_or(wildcard);
}

} // namespace report_server
