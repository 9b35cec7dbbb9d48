#pragma once

#include <asyncjobs/config.hpp>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A parsed URL `SCHEME:TARGET?NAME=VALUE&...`.
struct StoreUrl {
    std::string scheme;
    std::string target;
    std::map<std::string, std::string> parameters;
};

/// Returns the value of the parameter `name`; empty if absent.
std::string parameter_of(const StoreUrl& url, const std::string& name);

/// Throws Error (Errc::invalid_argument), which names the parameter, for any not in `allowed`.
void allow_parameters(const StoreUrl& url, std::initializer_list<std::string_view> allowed);

/// Throws Error (Errc::invalid_argument) for another form. Does not check the parts.
StoreUrl parse_store_url(std::string_view url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
