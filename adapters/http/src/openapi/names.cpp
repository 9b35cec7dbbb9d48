#include "openapi/names.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {
namespace {

constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char upper(char c) noexcept { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

std::string pascal_case(std::string_view text) {
    std::string name;
    bool begins = true;
    for (const char c : text) {
        const bool part = is_lower(c) || is_upper(c) || is_digit(c);
        if (part) name += begins ? upper(c) : c;
        begins = !part;
    }
    return name;
}

std::string verb_of(std::string_view method) {
    std::string verb(method);
    std::ranges::transform(verb, verb.begin(), lower);
    return verb;
}

std::string operation_id(std::string_view verb, std::string_view path) {
    return std::string(verb) + pascal_case(path);
}

std::string first_segment(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    std::string segment(path.substr(0, path.find('/')));
    std::erase_if(segment, [](char c) { return c == '{' || c == '}'; });
    return segment;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
