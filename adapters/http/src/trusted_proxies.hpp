#pragma once

#include <asyncjobs/http/message.hpp>

#include <boost/asio/ip/network_v6.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The proxies before a service, whose word on where a request comes from is believed.
///
/// Thread-safety  Full: it does not change.
class TrustedProxies {
public:
    /// Addresses and networks: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. Throws Error
    /// (Errc::invalid_argument) that names what is neither.
    explicit TrustedProxies(const std::vector<std::string>& networks);

    bool contains(std::string_view address) const noexcept;

    /// Where a request comes from, as the last trusted proxy on its way saw it: the peer itself
    /// where that is none. What clients write into `X-Forwarded-For` themselves is passed over.
    std::string client_of(const Request& request) const;

private:
    bool contains(const boost::asio::ip::address_v6& address) const noexcept;

    std::vector<boost::asio::ip::network_v6> networks_; ///< those of IPv4 as they are mapped
};

/// An IPv4 address within an IPv6 one (`::ffff:192.0.2.1`) as what it is; any other text as it is.
std::string unmapped(std::string address);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
