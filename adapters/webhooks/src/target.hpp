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

enum class Networks { public_only, any };

/// The rule that keeps `target` from ever being reached in these networks, for an error; empty if
/// there is none. Looks at the host as it is written, without resolving it.
///
/// Of no network: names under `.invalid`, `.onion` and `.alt`, and addresses of groups. Of inner
/// networks alone: names without a dot, those under `.example`, `.test`, `.localhost`, `.local`,
/// `.internal` and other domains that are reserved or that nobody delegates, and addresses that
/// are not public.
std::string rule_against(const Target& target, Networks networks);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
