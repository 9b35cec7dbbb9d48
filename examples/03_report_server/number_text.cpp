#include "number_text.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace report_server {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

std::string_view month_name(std::chrono::month month) {
    return months[static_cast<unsigned>(month) - 1];
}

std::string number(std::chrono::day day) { return std::to_string(static_cast<unsigned>(day)); }

/// Sets a comma before each third digit that stands left of `end`.
std::string with_commas(std::string digits, std::size_t end) {
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    for (std::size_t position = end; position > first + 3;) {
        position -= 3;
        digits.insert(position, 1, ',');
    }
    return digits;
}

} // namespace

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t end = digits.size();
    return with_commas(std::move(digits), end);
}

std::string grouped(Money amount) {
    std::string digits = to_string(amount);
    const std::size_t point = digits.find('.');
    return with_commas(std::move(digits), point);
}

std::string long_date(std::chrono::year_month_day date) {
    return number(date.day()) + ' ' + std::string{month_name(date.month())} + ' ' +
           std::to_string(static_cast<int>(date.year()));
}

std::string day_and_month(std::chrono::year_month_day date) {
    return number(date.day()) + ' ' + short_month(date.month());
}

std::string short_month(std::chrono::month month) {
    return std::string{month_name(month).substr(0, 3)};
}

std::string share(Money part, Money whole) {
    if (whole <= Money{}) return "-";
    const double ratio =
        static_cast<double>(part.thousandths()) / static_cast<double>(whole.thousandths());
    const auto per_mille = std::llround(ratio * 1000);
    const auto magnitude = per_mille < 0 ? -per_mille : per_mille;
    return (per_mille < 0 ? "-" : "") + std::to_string(magnitude / 10) + '.' +
           std::to_string(magnitude % 10) + " %";
}

} // namespace report_server
