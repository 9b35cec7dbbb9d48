#include "target.hpp"

#include "public_address.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {
namespace {

constexpr std::size_t longest_url = 2048;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// What resolvers take for a number, in some base.
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

/// Whether the name or one that it lies in is reserved for inner networks, or for no host at all
/// (RFC 6761, 6762, 7686, 8375).
bool is_reserved(std::string_view name) {
    constexpr std::array domains = {"localhost", "local",     "internal", "invalid",
                                    "test",      "home.arpa", "onion"};
    return std::ranges::any_of(domains, [&](std::string_view domain) {
        if (!name.ends_with(domain)) return false;
        const auto rest = name.substr(0, name.size() - domain.size());
        return rest.empty() || rest.ends_with('.');
    });
}

} // namespace

bool can_be_public(const Target& target) {
    if (!target.is_address) return !is_reserved(target.host);
    return is_public_address(boost::asio::ip::make_address(target.host));
}

Target parse_target(std::string_view argument, std::string_view text, const TargetRules& rules) {
    const auto unless = [&](bool kept, std::string_view rule) {
        if (!kept) detail::refuse(argument, text, rule);
    };
    unless(text.size() <= longest_url, "must be at most 2048 bytes long");
    const auto parsed = boost::urls::parse_uri(text);
    unless(parsed.has_value(), "must be an absolute URL");
    const boost::urls::url_view& url = *parsed;

    Target target{.tls = url.scheme_id() == boost::urls::scheme::https};
    unless(target.tls || (rules.allow_http && url.scheme_id() == boost::urls::scheme::http),
           rules.allow_http ? "must begin with https:// or http://" : "must begin with https://");
    unless(!url.has_userinfo(), "must hold no user or password");
    unless(!url.has_fragment(), "must have no fragment");

    target.host = lower_case(url.encoded_host());
    target.authority = target.host;
    if (url.host_type() == boost::urls::host_type::ipv6)
        target.host = target.host.substr(1, target.host.size() - 2);
    boost::system::error_code no_address;
    boost::asio::ip::make_address(target.host, no_address);
    target.is_address = !no_address;
    // Boost.URL 1.81 takes `1.2.3.4.a.example` for an address that a path follows.
    const auto path = url.encoded_path();
    unless((target.is_address || is_host_name(target.host)) &&
               (path.empty() || path.starts_with('/')),
           "its host must be a name, or an address in its usual form");

    const std::uint16_t usual = target.tls ? 443 : 80;
    target.port = url.port().empty() ? usual : url.port_number();
    unless(target.port == usual || std::ranges::find(rules.ports, target.port) != rules.ports.end(),
           "its port is none of those allowed");
    if (target.port != usual) target.authority += ':' + std::to_string(target.port);

    const auto resource = url.encoded_target();
    target.path = resource.starts_with('/') ? std::string(resource) : '/' + std::string(resource);
    return target;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
