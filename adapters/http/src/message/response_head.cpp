#include <asyncjobs/http/response_head.hpp>

#include <asyncjobs/http/http_date.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

bool is_the_servers(std::string_view name) noexcept {
    constexpr std::array names = {"Connection", "Date", "Keep-Alive", "Transfer-Encoding",
                                  "Upgrade"};
    return std::ranges::any_of(
        names, [&](std::string_view own) { return equals_ignoring_case(name, own); });
}

} // namespace

std::string response_head(const Response& response, Timestamp now, Persistence persistence,
                          Framing framing) {
    std::string head;
    const auto append = [&head](const auto&... parts) { ((head += parts), ...); };
    head.reserve(512);
    append("HTTP/1.1 ", std::to_string(response.status), ' ', reason_phrase(response.status));
    append("\r\nDate: ", to_http_date(now), "\r\n");
    for (const auto& [name, value] : response.headers)
        if (!is_the_servers(name)) append(name, ": ", value, "\r\n");
    if (framing == Framing::chunked) head += "Transfer-Encoding: chunked\r\n";
    if (persistence == Persistence::close) head += "Connection: close\r\n";
    if (persistence == Persistence::keep_alive) head += "Connection: keep-alive\r\n";
    head += "\r\n";
    return head;
}

std::string chunk(std::string_view data) {
    return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
