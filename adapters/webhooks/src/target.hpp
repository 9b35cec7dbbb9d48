#pragma once

#include <asyncjobs/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// What URLs may be written to.
struct TargetRules {
    bool allow_http = false;
    std::vector<std::uint16_t> ports = {}; ///< besides 443, and 80 of http
};

/// Where to write to: an URL that keeps the rules, in parts.
struct Target {
    bool tls = true;
    std::string host = {}; ///< in lower case; an IPv6 address without brackets
    bool is_address = false;
    std::uint16_t port = 443;
    std::string authority = {}; ///< of the header `Host`
    std::string path = {};      ///< with the query, as it is sent
};

/// Throws Error (Errc::invalid_argument) that names the argument, the URL and the rule.
///
/// A host is a name or an address in its usual form: `2130706433`, `0x7f.1` and `0177.0.0.1` are
/// neither. What a name resolves to is looked at when it is connected to.
Target parse_target(std::string_view argument, std::string_view url, const TargetRules& rules);

/// False if the host can only be at an address that is not public: `10.0.0.1`, `localhost`. Does
/// not resolve it.
bool can_be_public(const Target& target);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
