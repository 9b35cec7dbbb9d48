#pragma once

#include <asyncjobs/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The rules for URLs.
struct TargetRules {
    bool allow_http = false;
    std::vector<std::uint16_t> ports = {}; ///< besides 443, and 80 for http
};

/// The parts of a URL that keeps the rules.
struct Target {
    bool tls = true;
    std::string host = {}; ///< in lower case; an IPv6 address without brackets
    bool is_address = false;
    std::uint16_t port = 443;
    std::string authority = {}; ///< of the header `Host`
    std::string path = {};      ///< with the query, as sent
};

/// Throws Error (Errc::invalid_argument) that names the argument, the URL and the rule.
///
/// A host is a name or an address in canonical form: `2130706433`, `0x7f.1` and `0177.0.0.1` are
/// neither. The addresses of a name are checked when connecting.
Target parse_target(std::string_view argument, std::string_view text, const TargetRules& rules);

enum class Networks { public_only, any };

/// The rule, for an error, by which `target` can't be reached in these networks; empty if none
/// applies. Checks the host as written, without resolving it.
///
/// In no network: names under `.invalid`, `.onion` and `.alt`, and multicast addresses. Only in
/// inner networks: names without a dot, those under `.example`, `.test`, `.localhost`, `.local`,
/// `.internal` and other domains that are reserved or not delegated, and addresses that are not
/// public.
std::string rule_against(const Target& target, Networks networks);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
