#include "target.hpp"

#include "public_address.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

constexpr std::size_t longest_url = 2048;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// Whether resolvers take `label` for a number, in any base.
bool is_number(std::string_view label) {
    return std::ranges::all_of(label, is_digit) || label.starts_with("0x");
}

/// `name` in lower case.
bool is_host_name(std::string_view name) {
    if (name.size() > 253) return false;
    for (;;) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (!is_label(label)) return false;
        if (dot == std::string_view::npos) return !is_number(label);
        name.remove_prefix(dot + 1);
    }
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

/// DNS resolves no name there in any network (RFC 6761, 7686, 9476).
constexpr std::array nowhere_domains = {"invalid", "onion", "alt"};

/// Reserved for inner networks, tests and documents (RFC 2606, 6761, 6762, 7050, 8375, 9462, 9665),
/// or so common in inner networks that ICANN does not delegate them.
constexpr std::array inner_domains = {"example",  "test",          "localhost",    "local",
                                      "internal", "home.arpa",     "service.arpa", "resolver.arpa",
                                      "intranet", "ipv4only.arpa", "localdomain",  "private",
                                      "corp",     "home",          "lan",          "mail"};

/// The first of `domains` that `name` is or lies in; empty if it is in none.
std::string_view domain_of(std::string_view name, std::span<const char* const> domains) {
    for (const std::string_view domain : domains) {
        if (!name.ends_with(domain)) continue;
        const auto rest = name.substr(0, name.size() - domain.size());
        if (rest.empty() || rest.ends_with('.')) return domain;
    }
    return {};
}

namespace ip = boost::asio::ip;

bool is_of_a_group(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return is_of_a_group(ip::make_address_v4(ip::v4_mapped, address.to_v6()));
    return address.is_multicast() || address == ip::address_v4::broadcast();
}

std::string rule_against_address(const ip::address& address, Networks networks) {
    if (is_of_a_group(address)) return "its host must not be a multicast or broadcast address";
    if (networks == Networks::public_only && !is_public_address(address))
        return "its host must be public: not a private or reserved address";
    return {};
}

} // namespace

std::string rule_against(const Target& target, Networks networks) {
    const std::string_view host = target.host;
    if (target.is_address) return rule_against_address(ip::make_address(host), networks);
    if (const auto domain = domain_of(host, nowhere_domains); !domain.empty())
        return fmt::format("its host must not be under .{}, which never resolves", domain);
    if (networks == Networks::any) return {};
    if (host.find('.') == std::string_view::npos)
        return "its host must be public: a name with at least one dot";
    if (const auto domain = domain_of(host, inner_domains); !domain.empty())
        return fmt::format("its host must be public: not under .{}", domain);
    return {};
}

Target parse_target(std::string_view argument, std::string_view text, const TargetRules& rules) {
    const auto unless = [&](bool kept, std::string_view rule) {
        if (!kept) detail::refuse(argument, text, rule);
    };
    unless(text.size() <= longest_url, "must be at most 2048 bytes long");
    unless(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }),
           "must be ASCII: an internationalised name as xn--, the rest percent-encoded");
    const auto parsed = boost::urls::parse_uri(text);
    unless(parsed.has_value(), "must be an absolute URL");
    const boost::urls::url_view& url = *parsed;

    Target target{.tls = url.scheme_id() == boost::urls::scheme::https};
    unless(target.tls || (rules.allow_http && url.scheme_id() == boost::urls::scheme::http),
           rules.allow_http ? "must begin with https:// or http://" : "must begin with https://");
    if (url.has_userinfo()) // the error must not repeat it
        detail::refuse(argument, fmt::format("{}://...@{}", url.scheme(), url.encoded_host()),
                       "must not contain a user or password");
    unless(!url.has_fragment(), "must have no fragment");

    target.host = lower_case(url.encoded_host());
    target.authority = target.host;
    if (url.host_type() == boost::urls::host_type::ipv6)
        target.host = target.host.substr(1, target.host.size() - 2);
    boost::system::error_code no_address;
    ip::make_address(target.host, no_address);
    target.is_address = !no_address;
    // Boost.URL 1.81 takes `1.2.3.4.a.example` for an address that a path follows.
    const auto path = url.encoded_path();
    unless((target.is_address || is_host_name(target.host)) &&
               (path.empty() || path.starts_with('/')),
           "its host must be a name without a trailing dot, or an address in canonical form");

    const std::uint16_t usual = target.tls ? 443 : 80;
    target.port = url.port().empty() ? usual : url.port_number();
    unless(target.port == usual || std::ranges::find(rules.ports, target.port) != rules.ports.end(),
           "its port must be one of those allowed");
    if (target.port != usual) target.authority += ':' + std::to_string(target.port);

    const auto resource = url.encoded_target();
    target.path = resource.starts_with('/') ? std::string(resource) : '/' + std::string(resource);
    return target;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
