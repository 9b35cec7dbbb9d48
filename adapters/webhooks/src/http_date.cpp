#include "http_date.hpp"

#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
