#include "webhook_response.hpp"

#include <asyncjobs/http/http_date.hpp>

#include <algorithm>
#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

using namespace std::chrono_literals;

Reception reception_of(const WebhookResponse& response) noexcept {
    if (response.status / 100 == 2) return Reception::taken;
    if (response.status == 410) return Reception::gone;
    return response.status == 429 || response.status == 503 ? Reception::busy : Reception::refused;
}

Duration wait_asked_for(const std::string& retry_after, Timestamp now) {
    constexpr Duration most = 24h;
    if (const auto date = http::parse_http_date(retry_after))
        return std::clamp<Duration>(*date - now, Duration{0}, most);
    const char* const end = retry_after.data() + retry_after.size();
    std::uint64_t seconds = 0;
    const auto parsed = std::from_chars(retry_after.data(), end, seconds);
    if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument) return {};
    const auto most_seconds =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(most).count());
    if (parsed.ec == std::errc::result_out_of_range || seconds > most_seconds) return most;
    return std::chrono::seconds{seconds};
}

Duration delay_after(const std::vector<Duration>& delays, int attempt, double chance) {
    const auto last = static_cast<int>(delays.size()) - 1;
    const auto full = delays[static_cast<std::size_t>(std::clamp(attempt - 1, 0, last))];
    return Duration(
        static_cast<Duration::rep>(static_cast<double>(full.count()) * (1 - 0.2 * chance)));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
