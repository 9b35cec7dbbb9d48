#pragma once

#include <asyncjobs/config.hpp>

#include <string>

/// The endpoints' routes as OpenAPI Operation Objects, without the members that the API adds to
/// all.
namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

std::string list_endpoints();
std::string get_endpoint();
std::string put_endpoint();
std::string delete_endpoint();
std::string rotate_endpoint_secret();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
