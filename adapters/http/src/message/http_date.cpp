#include <asyncjobs/http/http_date.hpp>

#include <asyncjobs/detail/digits.hpp>

#include <array>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

std::string to_http_date(Timestamp time) {
    using asyncjobs::detail::append_digits;
    constexpr std::array weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::string text;
    text.reserve(sizeof "Wed, 08 Jan 2025 12:00:00 GMT");
    text += weekdays[std::chrono::weekday(day).c_encoding()];
    text += ", ";
    append_digits(text, static_cast<unsigned>(date.day()), 2);
    text += ' ';
    text += months[static_cast<unsigned>(date.month()) - 1];
    text += ' ';
    append_digits(text, static_cast<int>(date.year()), 4);
    text += ' ';
    append_digits(text, clock.hours().count(), 2);
    text += ':';
    append_digits(text, clock.minutes().count(), 2);
    text += ':';
    append_digits(text, clock.seconds().count(), 2);
    text += " GMT";
    return text;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
    constexpr std::string_view shape = "Wed, 08 Jan 2025 12:00:00 GMT";
    if (text.size() != shape.size()) return std::nullopt;
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::tm parts{};
    if (!(in >> std::get_time(&parts, "%a, %d %b %Y %H:%M:%S GMT"))) return std::nullopt;
    const auto day = std::chrono::year{parts.tm_year + 1900} /
                     std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)} /
                     std::chrono::day{static_cast<unsigned>(parts.tm_mday)};
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} +
           std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
