#include "message/trusted_proxies.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>

#include <algorithm>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6 as_v6(const ip::address& address) {
    return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

std::optional<ip::address> read_address(std::string_view text) noexcept {
    boost::system::error_code error;
    const auto address = ip::make_address(text, error);
    return error ? std::nullopt : std::optional(address);
}

/// The address of an element of the list, which may have a port.
std::optional<ip::address> read_hop(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        return end == text.npos ? std::nullopt : read_address(text.substr(1, end - 1));
    }
    const auto colon = text.find(':');
    const bool one_colon = colon != text.npos && text.find(':', colon + 1) == text.npos;
    return read_address(one_colon ? text.substr(0, colon) : text);
}

std::string text_of(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

std::optional<ip::network_v6> read_network(const std::string& text) {
    if (const auto address = read_address(text)) return ip::network_v6(as_v6(*address), 128);
    boost::system::error_code error;
    const auto v4 = ip::make_network_v4(text, error);
    constexpr unsigned short mapped = 96; ///< bits before an IPv4 address
    if (!error)
        return ip::network_v6(as_v6(v4.address()),
                              static_cast<unsigned short>(mapped + v4.prefix_length()));
    const auto v6 = ip::make_network_v6(text, error);
    return error ? std::nullopt : std::optional(v6);
}

} // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
    for (const auto& text : networks) {
        const auto network = read_network(text);
        if (!network)
            asyncjobs::detail::refuse("trusted_proxies", text,
                                      "must be addresses and networks as in 10.0.0.0/8");
        networks_.push_back(network->canonical());
    }
}

bool TrustedProxies::contains(const ip::address_v6& address) const noexcept {
    return std::ranges::any_of(networks_, [&](const ip::network_v6& network) {
        return ip::network_v6(address, network.prefix_length()).canonical() == network;
    });
}

bool TrustedProxies::contains(std::string_view address) const noexcept {
    if (networks_.empty()) return false;
    const auto read = read_address(address);
    return read && contains(as_v6(*read));
}

std::string unmapped(std::string address) {
    if (address.find(':') == address.npos) return address;
    const auto read = read_address(address);
    const bool is_mapped = read && read->is_v6() && read->to_v6().is_v4_mapped();
    return is_mapped ? text_of(*read) : address;
}

std::string TrustedProxies::client_of(const Request& request) const {
    std::string client = request.remote_address;
    if (!contains(client)) return client;
    const std::string hops = request.headers.joined("X-Forwarded-For");
    std::string_view rest = hops;
    while (!rest.empty()) {
        const auto comma = rest.rfind(',');
        const auto hop = read_hop(trimmed(rest.substr(comma == rest.npos ? 0 : comma + 1)));
        if (!hop) break;
        client = text_of(*hop);
        if (!contains(as_v6(*hop))) break;
        rest = rest.substr(0, comma == rest.npos ? 0 : comma);
    }
    return client;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
