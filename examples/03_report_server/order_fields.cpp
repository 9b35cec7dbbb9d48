#include "order_fields.hpp"

#include "ascii.hpp"

#include <charconv>

namespace report_server {
namespace {

bool all_digits(std::string_view text) {
    for (const char character : text)
        if (!is_digit(character)) return false;
    return true;
}

/// `count` digits at `text` as a number, or -1.
int digits(const char* text, int count) {
    int value = 0;
    for (int index = 0; index < count; ++index) {
        if (!is_digit(text[index])) return -1;
        value = value * 10 + (text[index] - '0');
    }
    return value;
}

void append_padded(std::string& out, int value, std::size_t width) {
    const std::string text = std::to_string(value);
    if (text.size() < width) out.append(width - text.size(), '0');
    out += text;
}

} // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text) {
    std::int64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error != std::errc{} || end != last) return std::nullopt;
    return value;
}

std::optional<Money> parse_price(std::string_view text) {
    constexpr std::size_t most_decimals = 3;
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);

    const auto point = text.find('.');
    const bool has_point = point != std::string_view::npos;
    const std::string_view whole = text.substr(0, point);
    const std::string_view decimals = has_point ? text.substr(point + 1) : std::string_view{};
    if (whole.empty() || !all_digits(whole) || !all_digits(decimals)) return std::nullopt;
    if (decimals.size() > most_decimals || (has_point && decimals.empty())) return std::nullopt;

    std::int64_t thousandths = 0;
    const auto append = [&thousandths](char digit) {
        return !__builtin_mul_overflow(thousandths, 10, &thousandths) &&
               !__builtin_add_overflow(thousandths, digit - '0', &thousandths);
    };
    for (const char digit : whole)
        if (!append(digit)) return std::nullopt;
    for (std::size_t index = 0; index < most_decimals; ++index)
        if (!append(index < decimals.size() ? decimals[index] : '0')) return std::nullopt;
    return Money::from_thousandths(is_negative ? -thousandths : thousandths);
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const int year = digits(text.data(), 4);
    const int month = digits(text.data() + 5, 2);
    const int day = digits(text.data() + 8, 2);
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return date;
}

std::optional<std::chrono::sys_seconds> parse_utc_time(std::string_view text) {
    if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text[19] != 'Z')
        return std::nullopt;
    const auto date = parse_date(text.substr(0, 10));
    const int hour = digits(text.data() + 11, 2);
    const int minute = digits(text.data() + 14, 2);
    const int second = digits(text.data() + 17, 2);
    if (!date || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    return std::chrono::sys_days{*date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

std::string to_string(std::chrono::year_month_day date) {
    std::string text;
    append_padded(text, static_cast<int>(date.year()), 4);
    text += '-';
    append_padded(text, static_cast<int>(static_cast<unsigned>(date.month())), 2);
    text += '-';
    append_padded(text, static_cast<int>(static_cast<unsigned>(date.day())), 2);
    return text;
}

std::string to_string(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::hh_mm_ss clock{time - day};
    std::string text = to_string(std::chrono::year_month_day{day});
    const auto append = [&text](char separator, auto part) {
        text += separator;
        append_padded(text, static_cast<int>(part.count()), 2);
    };
    append('T', clock.hours());
    append(':', clock.minutes());
    append(':', clock.seconds());
    return text += 'Z';
}

} // namespace report_server
