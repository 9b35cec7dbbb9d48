#pragma once

#include <asyncjobs/runtime.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <string>
#include <vector>

/// Looks up the addresses of a host, which may itself be an address.
///
/// Errors  boost::system::system_error.
namespace asyncjobs::inline ASYNCJOBS_ABI::support {

using Addresses = std::vector<boost::asio::ip::address>;

/// Blocking     Until the system's resolver returns.
Addresses look_up(const std::string& host);

/// Calls look_up() on `lane`. Asio's own asynchronous resolver runs one lookup at a time.
///
/// Throws HttpError::timeout() at `deadline`; the lane's thread stays blocked until the lookup
/// returns.
///
/// Thread-safety  To be awaited on a strand, whose execution context outlives the lane.
boost::asio::awaitable<Addresses> look_up_on(Lane& lane, std::string host, SteadyTime deadline);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
