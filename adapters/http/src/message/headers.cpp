#include <asyncjobs/http/headers.hpp>

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr auto token_characters = [] {
    std::array<bool, 256> are = {};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789!#$%&'*+-.^_`|~"))
        are[static_cast<unsigned char>(c)] = true;
    return are;
}();

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void check(const Headers::Field& field) {
    using asyncjobs::detail::printable;
    if (!is_token(field.name))
        throw Error(Errc::invalid_argument,
                    "header name is \"" + printable(field.name) + "\", but must be an HTTP token");
    if (!is_field_value(field.value))
        throw Error(Errc::invalid_argument, "the value of header " + field.name +
                                                " contains a control character, but must not");
}

} // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return token_characters[static_cast<unsigned char>(c)];
    });
}

bool is_field_value(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7F) || c == '\t';
    });
}

Headers::Headers(std::initializer_list<Field> fields) : fields_(fields) {
    std::ranges::for_each(fields_, check);
}

void Headers::add(std::string name, std::string value) {
    Field field{std::move(name), std::move(value)};
    check(field);
    fields_.push_back(std::move(field));
}

void Headers::set(std::string name, std::string value) {
    Field field{std::move(name), std::move(value)};
    check(field);
    remove(field.name);
    fields_.push_back(std::move(field));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_,
                  [&](const Field& field) { return equals_ignoring_case(field.name, name); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
    for (const auto& field : fields_)
        if (equals_ignoring_case(field.name, name)) return &field.value;
    return nullptr;
}

std::string Headers::joined(std::string_view name) const {
    std::string list;
    for (const auto& field : fields_) {
        if (!equals_ignoring_case(field.name, name)) continue;
        if (!list.empty()) list += ", ";
        list += field.value;
    }
    return list;
}

std::size_t Headers::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields_, [&](const Field& field) { return equals_ignoring_case(field.name, name); }));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
