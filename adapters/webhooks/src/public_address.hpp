#pragma once

#include <asyncjobs/config.hpp>

#include <boost/asio/ip/address.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Whether `address` is a unicast address of the public internet: not loopback, of a private or a
/// provider's inner network, multicast, reserved, or one that embeds an IPv4 address.
bool is_public_address(const boost::asio::ip::address& address);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
