#pragma once

#include <asyncjobs/config.hpp>

#include <boost/asio/ip/address.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// Whether `address` is one of the public internet's, and of one machine: not of this machine, of a
/// private or a provider's inner network, of a group, reserved, or a disguise of an IPv4 address.
bool is_public_address(const boost::asio::ip::address& address);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
