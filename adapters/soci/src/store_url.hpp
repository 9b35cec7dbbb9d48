#pragma once

#include <map>
#include <string>
#include <string_view>

namespace asyncjobs::soci_adapter {

/// `SCHEME:TARGET?NAME=VALUE&...`, taken apart.
struct StoreUrl {
    std::string scheme;
    std::string target;
    std::map<std::string, std::string> parameters;
};

/// Throws Error (Errc::invalid_argument) for what has no such form. Does not judge the parts.
StoreUrl parse_store_url(std::string_view url);

} // namespace asyncjobs::soci_adapter
