#include "public_address.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

namespace ip = boost::asio::ip;

bool within(const ip::address_v4& address, const char* network) {
    const auto range = ip::make_network_v4(network);
    return ip::network_v4(address, range.prefix_length()).canonical() == range;
}

bool within(const ip::address_v6& address, const char* network) {
    const auto range = ip::make_network_v6(network);
    return ip::network_v6(address, range.prefix_length()).canonical() == range;
}

template <typename Address, std::size_t count>
bool within_any(const Address& address, const std::array<const char*, count>& networks) {
    return std::ranges::any_of(networks,
                               [&](const char* network) { return within(address, network); });
}

bool is_public(const ip::address_v4& address) {
    static constexpr std::array others = {
        "0.0.0.0/8",        // this network
        "10.0.0.0/8",       // private
        "100.64.0.0/10",    // a provider's, behind its address translation
        "127.0.0.0/8",      // this machine
        "168.63.129.16/32", // Azure's host, to its machines
        "169.254.0.0/16",   // link-local: metadata services of clouds, too
        "172.16.0.0/12",    // private
        "192.0.0.0/24",     // protocol assignments
        "192.0.2.0/24",     // documentation
        "192.88.99.0/24",   // relays of 6to4
        "192.168.0.0/16",   // private
        "198.18.0.0/15",    // benchmarks
        "198.51.100.0/24",  // documentation
        "203.0.113.0/24",   // documentation
        "224.0.0.0/4",      // multicast
        "240.0.0.0/4",      // reserved; broadcast
    };
    return !within_any(address, others);
}

/// Addresses that embed an IPv4 address (mapped, compatible, NAT64), private, link-local,
/// site-local and multicast ones are outside of the range of the public internet.
bool is_public(const ip::address_v6& address) {
    static constexpr std::array others = {
        "2001::/23",     // protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32", // documentation
        "2002::/16",     // 6to4: an IPv4 address within
        "3ffe::/16",     // given back
        "3fff::/20",     // documentation
    };
    return within(address, "2000::/3") && !within_any(address, others);
}

} // namespace

bool is_public_address(const ip::address& address) {
    return address.is_v4() ? is_public(address.to_v4()) : is_public(address.to_v6());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
