#pragma once

#include <asyncjobs/config.hpp>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// `SCHEME:TARGET?NAME=VALUE&...`, taken apart.
struct StoreUrl {
    std::string scheme;
    std::string target;
    std::map<std::string, std::string> parameters;
};

/// What the URL says of `name`; empty if nothing.
std::string parameter_of(const StoreUrl& url, const std::string& name);

/// Throws Error (Errc::invalid_argument) that names the parameter that is not one of `allowed`.
void allow_parameters(const StoreUrl& url, std::initializer_list<std::string_view> allowed);

/// Throws Error (Errc::invalid_argument) for what has no such form. Does not judge the parts.
StoreUrl parse_store_url(std::string_view url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
