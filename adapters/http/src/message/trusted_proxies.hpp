#pragma once

#include <asyncjobs/http/message.hpp>

#include <boost/asio/ip/network_v6.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The proxies in front of a service, whose `X-Forwarded-For` is trusted.
///
/// Thread-safety  Full: immutable.
class TrustedProxies {
public:
    /// Addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. Throws Error
    /// (Errc::invalid_argument) that names what is neither.
    explicit TrustedProxies(const std::vector<std::string>& networks);

    bool contains(std::string_view address) const noexcept;

    /// The client's address, as the first trusted proxy saw it; the peer's if it is no trusted
    /// proxy. Ignores what clients write to `X-Forwarded-For` themselves.
    std::string client_of(const Request& request) const;

private:
    bool contains(const boost::asio::ip::address_v6& address) const noexcept;

    std::vector<boost::asio::ip::network_v6> networks_; ///< IPv4 as mapped
};

/// Converts an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) to IPv4; other texts are unchanged.
std::string unmapped(std::string address);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
